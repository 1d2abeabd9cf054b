//! How far a run is: a bar on a terminal, lines elsewhere.

use std::io::Write;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Zoned;
use segmenta_engine::StageDone;
use serde_json::{Value, json};

use crate::arguments::{LogFormat, Options, ProgressKind};
use crate::text;

/// Where progress goes.
pub(crate) enum Progress<'a> {
    /// Nowhere.
    Silent,
    /// A line for each stage, and one now and then while a stage takes long.
    Lines(&'a mut (dyn Write + Send)),
    /// The same as JSON objects.
    Json(&'a mut (dyn Write + Send)),
    /// A bar that is redrawn, below a line for each stage.
    Bar(ProgressBar),
}

impl<'a> Progress<'a> {
    /// What the options ask for.
    pub(crate) fn new(options: &Options, is_terminal: bool, stderr: &'a mut (dyn Write + Send)) -> Self {
        let kind = match options.progress {
            _ if options.quiet => ProgressKind::None,
            ProgressKind::Auto if options.log_format == LogFormat::Text && is_terminal => ProgressKind::Bar,
            ProgressKind::Auto => ProgressKind::Plain,
            kind => kind,
        };
        match (kind, options.log_format) {
            (ProgressKind::None, _) => Self::Silent,
            (ProgressKind::Bar, _) => Self::Bar(bar()),
            (_, LogFormat::Text) => Self::Lines(stderr),
            (_, LogFormat::Json) => Self::Json(stderr),
        }
    }

    /// Whether a sign of life is of use.
    pub(crate) fn is_written(&self) -> bool {
        matches!(self, Self::Lines(_) | Self::Json(_))
    }

    /// A stage begins.
    pub(crate) fn begin(&mut self, stage: &str) {
        if let Self::Bar(bar) = self {
            bar.set_message(stage.to_owned());
        }
    }

    /// A stage is done.
    pub(crate) fn done(&mut self, now: &Zoned, done: &StageDone) {
        let rows = format!("{} rows", text::count(done.rows_out));
        let notes = done.notes.join("; ");
        let line = format!("{:<12} ok    {rows:>17}   {notes}", done.stage);
        let event = json!({
            "stage": done.stage,
            "rows_in": done.rows_in,
            "rows_out": done.rows_out,
            "elapsed_ms": done.elapsed_ms,
            "notes": done.notes,
        });
        self.write(now, line.trim_end(), "stage", event);
    }

    /// Says something else about the run: `event` is its name for programs.
    pub(crate) fn note(&mut self, now: &Zoned, line: &str, event: &'static str) {
        self.write(now, line, event, json!({ "message": line }));
    }

    /// Takes the bar away.
    pub(crate) fn end(&mut self) {
        if let Self::Bar(bar) = self {
            bar.finish_and_clear();
        }
    }

    /// A closed standard error is no reason to stop a run.
    fn write(&mut self, now: &Zoned, line: &str, event: &'static str, mut fields: Value) {
        match self {
            Self::Silent => {}
            Self::Lines(stderr) => {
                let _ = writeln!(stderr, "{} {line}", now.strftime("%H:%M:%S"));
            }
            Self::Json(stderr) => {
                fields["at"] = Value::from(now.timestamp().to_string());
                fields["event"] = Value::from(event);
                let _ = writeln!(stderr, "{fields}");
            }
            Self::Bar(bar) => bar.println(line),
        }
    }
}

fn bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{spinner} {msg:<12} {elapsed}").expect("the template is fixed");
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr()).with_style(style);
    bar.enable_steady_tick(std::time::Duration::from_millis(120));
    bar
}
