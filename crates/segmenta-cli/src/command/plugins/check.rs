//! `plugins check`: whether a library keeps the contract.

use clap::{Args, ValueEnum};
use segmenta_engine::ExitStatus;
use segmenta_plugin_check::{Effort, Level, check};

use super::subject::Subject;
use crate::error::Result;
use crate::program::Program;

/// Check a library level by level
#[derive(Debug, Args)]
pub(crate) struct Check {
    #[command(flatten)]
    subject: Subject,
    /// The last level: static, load, contract, data, rows, fit, stress, process, bench
    #[arg(long, default_value = "process")]
    level: Level,
    /// Fewer repetitions
    #[arg(long)]
    quick: bool,
    /// Form of the report
    #[arg(long, default_value = "text")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Text,
    Json,
    Junit,
    Markdown,
}

pub(super) fn run(arguments: &Check, program: &mut Program<'_>) -> Result<u8> {
    let effort = if arguments.quick { Effort::Quick } else { Effort::Full };
    let options = arguments.subject.options(program, effort);
    let report = check(&arguments.subject.target(program), arguments.level, &options);
    let text = match arguments.format {
        Format::Text => report.text(),
        Format::Json => report.json() + "\n",
        Format::Junit => report.junit(),
        Format::Markdown => report.markdown(),
    };
    program.print(&text)?;
    let status = if report.is_green() { ExitStatus::Ok } else { ExitStatus::Data };
    Ok(status.code())
}
