//! The log of the child: what would be logged there is sent to the runner.

use std::fmt::{Debug, Write};
use std::sync::Arc;

use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use super::frame::{Carried, Channel, Part};
use super::message::{self, Line, Say};
use super::sys::Full;

/// Sends every event whose severity somebody reads.
struct Forward {
    channel: Arc<Channel>,
    severity: LevelFilter,
}

/// From now on events of this process go to the runner. A line is dropped when the runner does not
/// read, and lost if the program already logs elsewhere.
pub(super) fn install(channel: &Arc<Channel>, severity: u8) {
    let forward = Forward { channel: Arc::clone(channel), severity: filter(severity) };
    if tracing::subscriber::set_global_default(forward).is_err() {
        tracing::debug!("the log of the plugin stays in its process");
    }
}

/// The severity that the runner's log is open for.
pub(super) fn severity_wanted() -> u8 {
    match LevelFilter::current().into_level() {
        None => 0,
        Some(level) => number(level),
    }
}

pub(super) fn number(level: Level) -> u8 {
    match level {
        Level::ERROR => 1,
        Level::WARN => 2,
        Level::INFO => 3,
        Level::DEBUG => 4,
        Level::TRACE => 5,
    }
}

fn filter(severity: u8) -> LevelFilter {
    match severity {
        0 => LevelFilter::OFF,
        1 => LevelFilter::ERROR,
        2 => LevelFilter::WARN,
        3 => LevelFilter::INFO,
        4 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    }
}

impl Subscriber for Forward {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.severity
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.severity)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut fields = Fields(Line { severity: number(*event.metadata().level()), ..Line::default() });
        event.record(&mut fields);
        let message = message::encode(&Say::Line(fields.0));
        if let Ok(head) = Part::new(&[&message]) {
            // A runner that does not read, or is gone, misses the line.
            let _ = self.channel.send(&head, Carried::Nothing, Full::GiveUp);
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// Fields of an event on their way into a line; those without a place of their own follow the message.
struct Fields(Line);

impl Fields {
    fn metric(&mut self) -> &mut (String, f64) {
        self.0.metric.get_or_insert_with(Default::default)
    }
}

impl Visit for Fields {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "plugin" => {}
            "criterion" => self.0.criterion = value.to_owned(),
            "part" => self.0.part = value.to_owned(),
            "metric" => self.metric().0 = value.to_owned(),
            _ => self.record_debug(field, &value),
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        match field.name() {
            "value" => self.metric().1 = value,
            _ => self.record_debug(field, &value),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let message = &mut self.0.message;
        let written = match field.name() {
            "message" => write!(message, "{value:?}"),
            name => write!(message, " {name}={value:?}"),
        };
        written.expect("writing to a text cannot fail");
    }
}
