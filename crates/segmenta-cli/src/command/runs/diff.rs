//! `runs diff`: the figures of two runs side by side.

use clap::Args;
use segmenta_monitor::facts::{ComparisonId, Observation};
use segmenta_monitor::findings::Delta;
use segmenta_monitor::{Policy, RunFacts, Unit, kpi};
use segmenta_report::model::Currency;
use segmenta_store::History;
use serde_json::{Value, json};

use crate::arguments::Target;
use crate::error::Result;
use crate::history;
use crate::program::Program;
use crate::table::Table;

/// Compare the figures of two runs, segment by segment
#[derive(Debug, Args)]
pub(crate) struct Diff {
    #[command(flatten)]
    target: Target,
    /// The earlier run, or how its id begins
    before: String,
    /// The later run; the current one without it
    now: Option<String>,
    /// A list of objects
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Diff, program: &mut Program<'_>) -> Result<()> {
    let history = History::open(&history::root(program, &arguments.target)?);
    let facts = |run: Option<&str>| history::files(&history, run)?.facts();
    let (before, now) = (facts(Some(&arguments.before))?, facts(arguments.now.as_deref())?);
    let changes = changes(&before, &now);
    if arguments.json {
        return program.print_json(&changes.iter().map(Change::json).collect::<Vec<_>>());
    }
    if before.definition_version != now.definition_version {
        program.tell("the segments are defined differently: compare totals only\n");
    }
    let currency = Currency::iso_4217(&now.currency);
    let mut table = Table::new(&["scheme", "segment", "figure", &before.as_of, &now.as_of, "change", "%"]);
    for column in 3..7 {
        table = table.right(column);
    }
    for change in &changes {
        table.row(change.cells(&currency));
    }
    program.print(&table.to_string())
}

/// One figure on both sides.
struct Change<'a> {
    /// Of the side that has it, the later one first.
    of: &'a Observation,
    now: Option<f64>,
    delta: Delta,
}

/// Every figure of either run, totals first, then by scheme and segment.
fn changes<'a>(before: &'a RunFacts, now: &'a RunFacts) -> Vec<Change<'a>> {
    let policy = Policy::default();
    let known =
        |side: &'a RunFacts, of: &Observation| side.observations.iter().find(|other| other.series() == of.series());
    let only_before = before.observations.iter().filter(|of| known(now, of).is_none());
    let mut figures: Vec<&Observation> = now.observations.iter().chain(only_before).collect();
    figures.sort_by_key(|of| of.series());
    let change = |of: &'a Observation| {
        let (old, new) = (known(before, of), known(now, of));
        let delta = kpi::change(&policy, ComparisonId::Previous, old, new, None);
        Change { of, now: new.and_then(|new| new.value), delta }
    };
    figures.into_iter().map(change).collect()
}

impl Change<'_> {
    fn cells(&self, currency: &Currency) -> Vec<String> {
        let figure =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| shown(value, self.of.unit, currency));
        let relative = self.delta.rel.map_or_else(|| "-".to_owned(), |rel| format!("{:+.1}", rel * 100.0));
        let key = &self.of.key;
        vec![
            key.scheme.clone(),
            key.segment.clone().unwrap_or_default(),
            self.of.metric.as_str().to_owned(),
            figure(self.delta.value),
            figure(self.now),
            figure(self.delta.abs),
            relative,
        ]
    }

    fn json(&self) -> Value {
        json!({
            "scheme": self.of.key.scheme,
            "segment": self.of.key.segment,
            "channel": self.of.channel,
            "metric": self.of.metric.as_str(),
            "unit": self.of.unit,
            "now": self.now,
            "delta": self.delta,
        })
    }
}

/// Shares in percent, money in units of the currency.
fn shown(value: f64, unit: Unit, currency: &Currency) -> String {
    match unit {
        Unit::Share => format!("{:.1} %", value * 100.0),
        Unit::MoneyMinor => format!("{:.2}", value / currency.minor_per_unit() as f64),
        Unit::Count => format!("{value:.0}"),
        Unit::Number | Unit::Days => format!("{value:.3}"),
    }
}
