//! `plan`: what a run would do and why. Reads file names, headers and the history; writes nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use jiff::tz::TimeZone;
use segmenta_engine::{AsOf, ExitStatus, LocalRunner, ModelProspect, Prospect, Request};
use segmenta_ingest::Pin;
use segmenta_pipeline::Pipeline;
use segmenta_pipeline::model::{Criterion, Scheme, SchemeKind};
use segmenta_plugin_host::Registry;
use segmenta_store::{History, InputPin, RunRecord};
use serde_json::{Value, json};

use crate::arguments::Reading;
use crate::command::run::{ResourceArguments, When, heading};
use crate::console::Console;
use crate::error::{Error, Result};
use crate::pipeline_file::PipelineFile;
use crate::program::Program;
use crate::progress::Progress;
use crate::{as_of, plugins, text};

mod changes;

const EXAMPLES: &str = "\
Examples:
  segmenta plan shop/retail.toml --as-of 2026-06-01
  segmenta plan shop/retail.toml --exit-code || echo there is something to do

Exit status with --exit-code: 0 when the run is published already, 10 when it
would do something.";

/// Exit status of `--exit-code` when there is something to do.
const CHANGES: u8 = 10;

/// Show what a run would do and why, without running
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Pipeline file
    pipeline: PathBuf,
    #[command(flatten)]
    when: When,
    #[command(flatten)]
    reading: Reading,
    /// The plan as a JSON object
    #[arg(long)]
    json: bool,
    /// Exit with 10 when the run would do something
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    resources: ResourceArguments,
}

pub(crate) fn run(arguments: &Arguments, program: &mut Program<'_>) -> Result<u8> {
    let file = PipelineFile::open(program, &arguments.pipeline)?;
    let registry = plugins::registry_of(program, &arguments.reading, &file)?;
    let pipeline = file.pipeline(program, &arguments.reading, &registry)?;
    let zone = as_of::zone(&pipeline, &file)?;
    let as_of = as_of::as_of(arguments.when.as_of.as_deref(), &zone, program.environment.now())?;
    let history = History::open(&pipeline.outputs.path);
    let console = Console::new(program.environment, program.started, zone.clone(), Progress::Silent);
    let request = Request {
        pipeline: &pipeline,
        registry: &registry,
        runner: &LocalRunner,
        resources: arguments.resources.resources(),
        as_of,
        run_id: "plan",
        program_version: env!("CARGO_PKG_VERSION"),
        command: "segmenta plan",
        force: false,
        hold: false,
        surroundings: &console,
    };
    let prospect = segmenta_engine::prospect(&request, &history);
    let prospect = prospect.map_err(|source| Error::Run { source: Box::new(source), file: Box::new(file) })?;
    let last = match &prospect.previous {
        Some(commit) => history.run(&commit.run_id)?,
        None => None,
    };
    let plan = Plan { pipeline: &pipeline, registry: &registry, zone, as_of, prospect, last };
    if arguments.json {
        program.print_json(&plan.json())?;
    } else {
        program.print(&plan.text())?;
    }
    let changes = arguments.exit_code && plan.prospect.up_to_date.is_none();
    Ok(if changes { CHANGES } else { ExitStatus::Ok.code() })
}

/// What is known before a run.
struct Plan<'a> {
    pipeline: &'a Pipeline,
    registry: &'a Registry,
    zone: TimeZone,
    as_of: AsOf,
    prospect: Prospect,
    /// The record of the run that is published now.
    last: Option<RunRecord>,
}

impl Plan<'_> {
    fn text(&self) -> String {
        let mut text = heading(self.pipeline, self.as_of, &self.zone);
        text += &match &self.prospect.previous {
            Some(commit) => format!("   last published: {} by run {}\n", commit.as_of, commit.run_id),
            None => "   nothing is published yet\n".to_owned(),
        };
        let parts = [
            ("sources", self.sources()),
            ("tables", names(self.pipeline.tables.keys())),
            ("features", names(self.pipeline.features.keys())),
            ("criteria", self.criteria()),
            ("schemes", self.schemes()),
            ("outputs", self.outputs()),
        ];
        for (title, lines) in parts.iter().filter(|(_, lines)| !lines.is_empty()) {
            text.push('\n');
            for (at, line) in lines.iter().enumerate() {
                let title = if at == 0 { title } else { "" };
                text += format!("  {title:<12} {line}").trim_end();
                text.push('\n');
            }
        }
        text + &self.verdict()
    }

    fn verdict(&self) -> String {
        if let Some(commit) = &self.prospect.up_to_date {
            let (generation, run_id) = (commit.generation, &commit.run_id);
            return format!("\nUp to date: published as generation {generation} by run {run_id}.\n");
        }
        let mut text = String::new();
        if let Some(last) = &self.last {
            let changes = changes::of(self, last);
            text += &format!("\n  changed since {}\n", last.as_of);
            changes.iter().for_each(|change| text += &format!("    {change}\n"));
        }
        text + "\nNothing was written.\n"
    }

    fn sources(&self) -> Vec<String> {
        let sources = self.prospect.sources.iter();
        sources.map(|(name, pins)| self.source(name, pins)).collect()
    }

    fn source(&self, name: &str, pins: &[Pin]) -> String {
        let bytes = pins.iter().map(|pin| pin.size).sum();
        let files = text::plural(pins.len(), "file");
        format!("{name:<16} {files:>9} {:>9}   {}", text::bytes(bytes), self.compared(name, pins))
    }

    /// How the files of a source differ from those of the last published run.
    fn compared(&self, source: &str, pins: &[Pin]) -> String {
        let Some(last) = &self.last else { return String::new() };
        let of_source = last.inputs.iter().filter(|input| input.source == source);
        let before: BTreeMap<&str, &InputPin> = of_source.map(|input| (input.path.as_str(), input)).collect();
        let old = |pin: &Pin| before.get(pin.path.to_string_lossy().as_ref()).copied();
        let added = pins.iter().filter(|pin| old(pin).is_none()).count();
        let changed = pins.iter().filter(|pin| old(pin).is_some_and(|input| differs(pin, input))).count();
        let removed = before.len() + added - pins.len();
        let parts = [(added, "added"), (changed, "changed"), (removed, "removed")];
        let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        if parts.is_empty() { "unchanged".to_owned() } else { parts.join(", ") }
    }

    fn criteria(&self) -> Vec<String> {
        let models: BTreeMap<&str, &ModelProspect> =
            self.prospect.models.iter().map(|(name, model)| (name.as_str(), model)).collect();
        let line = |(name, criterion): (&String, &Criterion)| {
            let plugin = format!("{} {}", criterion.plugin, self.version(&criterion.plugin));
            let model = models.get(name.as_str()).map_or_else(|| "label".to_owned(), |model| words(model));
            format!("{name:<16} {plugin:<20} {model}")
        };
        self.pipeline.criteria.iter().map(line).collect()
    }

    fn version(&self, criterion: &str) -> &str {
        let info = self.registry.criterion(criterion);
        let plugin = info.and_then(|info| self.registry.plugins().iter().find(|plugin| plugin.name() == info.plugin));
        plugin.map_or("", |plugin| plugin.version())
    }

    fn schemes(&self) -> Vec<String> {
        let line = |(name, scheme): (&String, &Scheme)| {
            let kind = match scheme.kind {
                SchemeKind::Strategic => "strategic",
                SchemeKind::Operational => "operational",
            };
            let segments =
                scheme.labels.as_ref().map_or_else(String::new, |labels| text::plural(labels.len(), "segment"));
            format!("{name:<16} {kind:<20} {segments}")
        };
        self.pipeline.schemes.iter().map(line).collect()
    }

    fn outputs(&self) -> Vec<String> {
        vec![self.datasets().join(", "), format!("to {}", self.pipeline.outputs.path.display())]
    }

    fn datasets(&self) -> Vec<String> {
        let name = |dataset| json!(dataset).as_str().unwrap_or_default().to_owned();
        self.pipeline.outputs.write.iter().map(name).collect()
    }

    fn json(&self) -> Value {
        let source = |(name, pins): &(String, Vec<Pin>)| {
            json!({
                "name": name,
                "files": pins.iter().map(|pin| json!({ "path": pin.path, "bytes": pin.size })).collect::<Vec<_>>(),
                "compared": self.compared(name, pins),
            })
        };
        let model = |(name, model): &(String, ModelProspect)| json!({ "criterion": name, "model": words(model) });
        json!({
            "pipeline": self.pipeline.pipeline.name,
            "as_of": self.as_of.to_string(),
            "fingerprint": self.prospect.fingerprint,
            "definition_version": self.prospect.definition_version,
            "last_published": self.prospect.previous.as_ref().map(|commit| &commit.run_id),
            "up_to_date": self.prospect.up_to_date.as_ref().map(|commit| &commit.run_id),
            "sources": self.prospect.sources.iter().map(source).collect::<Vec<_>>(),
            "models": self.prospect.models.iter().map(model).collect::<Vec<_>>(),
            "changes": self.last.as_ref().map(|last| changes::of(self, last)),
            "datasets": self.datasets(),
            "path": self.pipeline.outputs.path,
        })
    }
}

fn words(model: &ModelProspect) -> String {
    match model {
        ModelProspect::Reuse { fitted_at } => format!("label; the model of {fitted_at} is kept"),
        ModelProspect::Stale { why } => format!("the run will fail: the model was {why}"),
        ModelProspect::Fit { why } => format!("fit and label: {why}"),
    }
}

fn differs(pin: &Pin, input: &InputPin) -> bool {
    let modified = modified_at(pin);
    pin.size != input.bytes || (input.modified_at.is_some() && input.modified_at != modified)
}

/// As the run's record has it.
fn modified_at(pin: &Pin) -> Option<String> {
    let nanos = i128::try_from(pin.modified_ns).ok()?;
    jiff::Timestamp::from_nanosecond(nanos).ok().map(|instant| instant.to_string())
}

fn names<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() { Vec::new() } else { vec![names.join(", ")] }
}
