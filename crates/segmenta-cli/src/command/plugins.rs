//! `plugins`: which criteria there are, what each takes, and the commands for their authors.

use clap::{Args, Subcommand};
use segmenta_engine::ExitStatus;
use segmenta_plugin_check::described_criterion;
use segmenta_plugin_host::{CriterionInfo, Plugin, Registry};
use serde_json::Value;

use crate::arguments::PluginDirectories;
use crate::error::{Error, Result};
use crate::plugins;
use crate::program::Program;
use crate::table::Table;

mod apply;
mod bench;
mod cases;
mod check;
mod describe;
mod diff;
mod docs;
mod lock;
mod new;
mod pack;
mod replay;
mod schema;
mod subject;

const EXAMPLES: &str = "\
Examples:
  segmenta plugins list
  segmenta plugins info rfm
  segmenta plugins list --plugin-dir ./plugins      with libraries of your own
  segmenta plugins new vip --sdk ../segmenta/crates/segmenta-plugin-sdk
  segmenta plugins check vip/target/release/libvip.so --rows vip/fixture.csv";

/// List criteria plugins, show what one takes, write and check your own
#[derive(Debug, Subcommand)]
#[command(after_help = EXAMPLES)]
pub(crate) enum Command {
    /// All criteria, by name
    List(List),
    /// Options, inputs and model of a criterion
    Info(Info),
    New(new::New),
    Check(Box<check::Check>),
    Run(Box<apply::Run>),
    Test(Box<cases::Test>),
    Bench(Box<bench::Measure>),
    Replay(replay::Replay),
    Diff(diff::Diff),
    Describe(describe::Describe),
    Lock(Box<lock::Locking>),
    Docs(Box<docs::Docs>),
    Pack(Box<pack::Pack>),
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    plugins: PluginDirectories,
    /// A list of objects
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Info {
    /// Name of a criterion or plugin
    name: String,
    #[command(flatten)]
    plugins: PluginDirectories,
    /// An object, with the JSON Schema of the options
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(command: &Command, program: &mut Program<'_>) -> Result<u8> {
    match command {
        Command::List(arguments) => list(arguments, program)?,
        Command::Info(arguments) => info(arguments, program)?,
        Command::New(arguments) => new::run(arguments, program)?,
        Command::Check(arguments) => return check::run(arguments, program),
        Command::Run(arguments) => apply::run_on_file(arguments, program)?,
        Command::Test(arguments) => return cases::run(arguments, program),
        Command::Bench(arguments) => bench::run(arguments, program)?,
        Command::Replay(arguments) => replay::run(arguments, program)?,
        Command::Diff(arguments) => diff::run(arguments, program)?,
        Command::Describe(arguments) => describe::run(arguments, program)?,
        Command::Lock(arguments) => return lock::run(arguments, program),
        Command::Docs(arguments) => docs::run(arguments, program)?,
        Command::Pack(arguments) => return pack::run(arguments, program),
    }
    Ok(ExitStatus::Ok.code())
}

fn list(arguments: &List, program: &mut Program<'_>) -> Result<()> {
    let registry = plugins::registry(program, &arguments.plugins, ".".as_ref())?;
    if arguments.json {
        let criteria: Vec<Value> = pairs(&registry).map(|(info, plugin)| object(info, plugin)).collect();
        return program.print_json(&criteria);
    }
    let mut table = Table::new(&["criterion", "plugin", "version", "kind", "from", "summary"]);
    for (info, plugin) in pairs(&registry) {
        table.row(vec![
            info.name.clone(),
            plugin.name().to_owned(),
            plugin.version().to_owned(),
            kind(info).to_owned(),
            plugin.origin().to_string(),
            info.summary.clone(),
        ]);
    }
    program.print(&table.to_string())
}

fn info(arguments: &Info, program: &mut Program<'_>) -> Result<()> {
    let registry = plugins::registry(program, &arguments.plugins, ".".as_ref())?;
    let asked =
        |(info, plugin): &(&CriterionInfo, &Plugin)| info.name == arguments.name || plugin.name() == arguments.name;
    let found: Vec<_> = pairs(&registry).filter(asked).collect();
    if found.is_empty() {
        let known = registry.criteria().map(|info| info.name.clone()).collect();
        return Err(Error::NoPlugin { name: arguments.name.clone(), known });
    }
    if arguments.json {
        let criteria: Vec<Value> = found.iter().map(|(info, plugin)| object(info, plugin)).collect();
        return program.print_json(&criteria);
    }
    let texts: Vec<String> = found.iter().map(|(info, plugin)| describe(info, plugin)).collect();
    program.print(&texts.join("\n"))
}

/// Every criterion with its plugin, by the criterion's name.
fn pairs(registry: &Registry) -> impl Iterator<Item = (&CriterionInfo, &Plugin)> {
    let plugin_of = |info: &CriterionInfo| registry.plugins().iter().find(|plugin| plugin.name() == info.plugin);
    registry.criteria().filter_map(move |info| Some((info, plugin_of(info)?)))
}

fn kind(info: &CriterionInfo) -> &'static str {
    match (info.fit.is_some(), info.grouped) {
        (true, true) => "fitted, grouped",
        (true, false) => "fitted",
        (false, true) => "grouped",
        (false, false) => "row",
    }
}

fn object(info: &CriterionInfo, plugin: &Plugin) -> Value {
    let mut object = described_criterion(info);
    object["plugin"] = plugin.name().into();
    object["version"] = plugin.version().into();
    object["sha256"] = plugin.sha256().into();
    object["from"] = plugin.origin().to_string().into();
    object
}

fn describe(info: &CriterionInfo, plugin: &Plugin) -> String {
    let mut text = format!("{}: {}\n", info.name, info.summary);
    text += &format!("plugin {} {}, {}\n", plugin.name(), plugin.version(), plugin.origin());
    text += &format!("sha256 {}\n", plugin.sha256());
    text += &match &info.fit {
        Some(fit) => {
            format!("fitted, passes over the rows: at most {}; model format {}\n", fit.max_passes, fit.model_format)
        }
        None => "no model: every row is labelled by itself\n".to_owned(),
    };
    if info.grouped {
        text += "sees all rows of an entity together: name their source with `from`\n";
    }
    text += &format!("\n{}", inputs(info));
    if let Some(options) = schema::table(&info.params) {
        text += &format!("\n{options}");
    }
    text
}

fn inputs(info: &CriterionInfo) -> Table {
    let mut table = Table::new(&["input", "type", "nulls", "description"]);
    for input in &info.inputs {
        let types: Vec<&str> = input.types.iter().map(|kind| kind.name()).collect();
        let many = if input.many { "list of " } else { "" };
        let optional = if input.optional { ", may be left out" } else { "" };
        table.row(vec![
            input.name.clone(),
            format!("{many}{}{optional}", types.join(" or ")),
            if input.nullable { "yes" } else { "no" }.to_owned(),
            input.description.clone(),
        ]);
    }
    table
}
