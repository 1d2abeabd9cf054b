//! The command line: global options and the commands.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use segmenta_plugin_host::Isolation;

use crate::command::{
    accept, codes, discard, new, plan, plugin_host, plugins, release, report, run, runs, show, validate,
};

const EXAMPLES: &str = "\
Start here:
  segmenta new shop                                  a project with sample data
  segmenta run shop/retail.toml --as-of 2026-06-01   run it, then open report.html
  segmenta show shop/retail.toml segment_summary     look at what was published

Exit status:
   0  published, or up to date
   1  failed for a reason that has no class
   2  wrong command line
  65  the data, a contract or a check failed
  66  an input is missing
  69  the output cannot be written
  70  a plugin or this program is broken
  75  another run is going on
  78  the pipeline file or a plugin cannot be used
  80  unknown whether it was published: `runs show` settles it
Nothing is published after any of them but 0 and 80.";

/// Columns of the help texts, on any terminal.
const HELP_WIDTH: usize = 80;

/// Segments customers by a pipeline file: reads sources, labels customers by criteria plugins, values
/// them, decides how each segment is served, and reports what changed.
#[derive(Debug, Parser)]
#[command(name = "segmenta", version, after_help = EXAMPLES, term_width = HELP_WIDTH)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Options {
    /// Work as if started in this directory
    #[arg(short = 'C', value_name = "DIR", global = true)]
    pub(crate) working_directory: Option<PathBuf>,
    /// Color messages; `auto` on terminals unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: ColorChoice,
    /// How a run shows its progress; `auto` draws a bar on terminals and writes lines elsewhere
    #[arg(long, value_name = "KIND", default_value = "auto", global = true)]
    pub(crate) progress: ProgressKind,
    /// Form of progress lines and log records on the standard error
    #[arg(long, value_name = "FORM", default_value = "text", global = true)]
    pub(crate) log_format: LogFormat,
    /// Log what happens; twice for details
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub(crate) verbose: u8,
    /// Only warnings and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressKind {
    Auto,
    Bar,
    Plain,
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(new::Arguments),
    Validate(validate::Arguments),
    Plan(plan::Arguments),
    Run(run::Arguments),
    Show(show::Arguments),
    Report(report::Arguments),
    #[command(subcommand)]
    Runs(runs::Command),
    Release(release::Arguments),
    Discard(discard::Arguments),
    Accept(accept::Arguments),
    #[command(subcommand)]
    Plugins(plugins::Command),
    Codes(codes::Arguments),
    #[command(hide = true)]
    PluginHost(plugin_host::Arguments),
    #[command(hide = true)]
    PluginCheck(plugin_host::CheckArguments),
}

/// What it takes to read a pipeline file.
#[derive(Debug, Clone, Args)]
pub(crate) struct Reading {
    /// Value of a param of the file; repeat for several
    #[arg(long = "param", value_name = "NAME=VALUE")]
    pub(crate) params: Vec<Param>,
    #[command(flatten)]
    pub(crate) plugins: PluginDirectories,
}

/// Where plugins are found besides those built in.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PluginDirectories {
    /// Directory whose plugin libraries are loaded, or one library; repeat for several. A plugin of the
    /// same name replaces the built-in one
    #[arg(long = "plugin-dir", value_name = "DIR")]
    pub(crate) plugin_dirs: Vec<PathBuf>,
    /// Plugin to load: a library, a manifest, or a name that is looked up beside the pipeline in
    /// `plugins/`, then in SEG_PLUGIN_PATH, the user's and the system's plugins; repeat for several
    #[arg(long = "plugin", value_name = "PLUGIN")]
    pub(crate) plugins: Vec<PathBuf>,
    /// Where libraries run, whatever the file says; `auto`, which is also the default, takes a process of
    /// its own for those that `plugins.lock` does not have with the check level `stress`. The operator's
    /// policy may narrow it
    #[arg(long, value_name = "WHERE")]
    pub(crate) isolation: Option<IsolationChoice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum IsolationChoice {
    Auto,
    InProcess,
    Process,
}

impl From<IsolationChoice> for Isolation {
    fn from(choice: IsolationChoice) -> Self {
        match choice {
            IsolationChoice::Auto => Self::Auto,
            IsolationChoice::InProcess => Self::InProcess,
            IsolationChoice::Process => Self::Process,
        }
    }
}

/// The pipeline whose runs a command is about.
#[derive(Debug, Clone, Args)]
pub(crate) struct Target {
    /// Pipeline file, or the directory it publishes to
    #[arg(value_name = "PIPELINE")]
    pub(crate) pipeline: PathBuf,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// `NAME=VALUE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Param {
    pub(crate) name: String,
    pub(crate) value: String,
}

impl FromStr for Param {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => Ok(Self { name: name.to_owned(), value: value.to_owned() }),
            _ => Err("write it as NAME=VALUE"),
        }
    }
}

impl Reading {
    /// The params as the checker takes them.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        self.params.iter().map(|param| (param.name.clone(), param.value.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_param_needs_a_name_and_keeps_further_equal_signs() {
        let param: Param = "path=a=b".parse().unwrap();
        assert_eq!((param.name.as_str(), param.value.as_str()), ("path", "a=b"));
        assert_eq!("empty=".parse::<Param>().unwrap().value, "");
        assert!("=x".parse::<Param>().is_err());
        assert!("x".parse::<Param>().is_err());
    }
}
