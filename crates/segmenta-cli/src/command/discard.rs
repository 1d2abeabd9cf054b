//! `discard`: give up a held run.

use clap::Args;
use segmenta_engine::ExitStatus;
use segmenta_store::{History, Store};

use crate::arguments::Target;
use crate::error::Result;
use crate::history;
use crate::program::Program;

const EXAMPLES: &str = "\
Example:
  segmenta discard shop/retail.toml 01973d0c

What is published stays as it is. The record of the run stays too.";

/// Delete the files of a run that a check has held
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The run, or how its id begins
    #[arg(value_name = "RUN")]
    run: String,
}

pub(crate) fn run(arguments: &Arguments, program: &mut Program<'_>) -> Result<u8> {
    let root = history::root(program, &arguments.target)?;
    let run_id = history::run(&History::open(&root), &arguments.run)?.run_id;
    let (user, now) = (program.environment.user(), program.environment.now().to_string());
    Store::open(&root)?.discard(&run_id, user, &now)?;
    program.tell(&format!("discarded run {run_id}\n"));
    Ok(ExitStatus::Ok.code())
}
