//! `runs`: what was run, and how it went.

use clap::{Args, Subcommand};
use segmenta_engine::ExitStatus;
use segmenta_store::{Accounting, History, RunRecord, Status};

use crate::arguments::Target;
use crate::error::{Error, Result};
use crate::history;
use crate::program::Program;
use crate::table::Table;
use crate::text;

mod diff;

const EXAMPLES: &str = "\
Examples:
  segmenta runs list shop/retail.toml
  segmenta runs show shop/retail.toml             the last run
  segmenta runs show shop/out/retail 01973d0c     a run, by where it published to
  segmenta runs diff shop/retail.toml 01973d0c    what changed since that run";

/// List runs, or show one with its stages, rows and checks
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Command {
    /// All runs, the oldest first
    List(List),
    /// One run: stages, row accounting, checks
    Show(Show),
    Diff(diff::Diff),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    target: Target,
    /// Records as JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    target: Target,
    /// The run, or how its id begins; the last one without it
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// The record as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: &Command, program: &mut Program<'_>) -> Result<u8> {
    match command {
        Command::List(arguments) => list(arguments, program)?,
        Command::Show(arguments) => show(arguments, program)?,
        Command::Diff(arguments) => diff::run(arguments, program)?,
    }
    Ok(ExitStatus::Ok.code())
}

fn list(arguments: &List, program: &mut Program<'_>) -> Result<()> {
    let history = History::open(&history::root(program, &arguments.target)?);
    let runs = history.runs()?;
    if arguments.json {
        return program.print_json(&runs);
    }
    if runs.is_empty() {
        program.tell("no runs yet\n");
        return Ok(());
    }
    let mut table = Table::new(&["run", "as_of", "status", "started", "took", "generation", "why"]).right(4).right(5);
    for run in &runs {
        table.row(vec![
            run.run_id.clone(),
            run.as_of.clone(),
            status(run.status).to_owned(),
            moment(&run.started_at).to_owned(),
            text::duration(run.elapsed_ms),
            run.generation.map_or_else(String::new, |generation| generation.to_string()),
            run.exit.as_ref().map_or_else(String::new, |exit| exit.reason.clone()),
        ]);
    }
    program.print(&table.to_string())
}

fn show(arguments: &Show, program: &mut Program<'_>) -> Result<()> {
    let root = history::root(program, &arguments.target)?;
    let history = History::open(&root);
    let run = match &arguments.run {
        Some(given) => history::run(&history, given)?,
        None => history.runs()?.pop().ok_or(Error::NothingPublished { root })?,
    };
    if arguments.json {
        return program.print_json(&run);
    }
    program.print(&describe(&run))
}

/// `2026-06-01T05:00:02` of an instant with fractions and a zone.
fn moment(instant: &str) -> &str {
    instant.split(['.', 'Z']).next().unwrap_or_default()
}

fn status(status: Status) -> &'static str {
    match status {
        Status::Running => "running",
        Status::Published => "published",
        Status::Held => "held",
        Status::Discarded => "discarded",
        Status::Failed => "failed",
        Status::Skipped => "skipped",
        Status::Lost => "lost",
    }
}

fn describe(run: &RunRecord) -> String {
    let mut text = format!("{} at {}: {}", run.pipeline, run.as_of, status(run.status));
    if let Some(exit) = &run.exit {
        text += &format!(", exit {}: {}", exit.code, exit.reason);
    }
    text += &format!("\nrun {}, started {} UTC", run.run_id, moment(&run.started_at));
    text += &format!(", took {}", text::duration(run.elapsed_ms));
    if let Some(peak) = run.peak_memory_bytes {
        text += &format!(", {} at most", text::bytes(peak));
    }
    if let (Some(by), Some(at)) = (&run.decided_by, &run.decided_at) {
        text += &format!("\ndecided by {by} at {} UTC", moment(at));
    }
    text += "\n";
    for table in [stages(run), sources(run), checks(run)].into_iter().flatten() {
        text += &format!("\n{table}");
    }
    text
}

fn stages(run: &RunRecord) -> Option<Table> {
    let mut table = Table::new(&["stage", "rows in", "rows out", "took", "notes"]).right(1).right(2).right(3);
    for stage in &run.stages {
        table.row(vec![
            stage.name.clone(),
            text::count(stage.rows_in),
            text::count(stage.rows_out),
            text::duration(stage.elapsed_ms),
            stage.notes.join("; "),
        ]);
    }
    (!run.stages.is_empty()).then_some(table)
}

fn sources(run: &RunRecord) -> Option<Table> {
    let header = ["source", "found", "accepted", "bad", "filtered", "blank", "balances"];
    let mut table = (1..6).fold(Table::new(&header), Table::right);
    let sum = |counts: &std::collections::BTreeMap<String, u64>| text::count(counts.values().sum());
    let row = |(source, rows): (&String, &Accounting)| {
        vec![
            source.clone(),
            text::count(rows.found),
            text::count(rows.accepted),
            sum(&rows.quarantined),
            sum(&rows.filtered),
            text::count(rows.blank),
            if rows.balances() { "yes" } else { "no" }.to_owned(),
        ]
    };
    run.accounting.iter().map(row).for_each(|cells| table.row(cells));
    (!run.accounting.is_empty()).then_some(table)
}

fn checks(run: &RunRecord) -> Option<Table> {
    let mut table = Table::new(&["check", "verdict", "message"]);
    for check in &run.checks {
        table.row(vec![check.name.clone(), check.verdict.clone(), check.message.clone()]);
    }
    (!run.checks.is_empty()).then_some(table)
}
