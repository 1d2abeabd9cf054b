//! `release`: publish a held run.

use clap::Args;
use segmenta_engine::ExitStatus;
use segmenta_store::{History, Store};

use crate::arguments::Target;
use crate::error::Result;
use crate::history;
use crate::program::Program;

const EXAMPLES: &str = "\
Example:
  segmenta runs list shop/retail.toml
  segmenta release shop/retail.toml 01973d0c

A run is held when one of its checks fails. Its files are published exactly as
they were written.";

/// Publish a run that a check has held
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
    let commit = Store::open(&root)?.release(&run_id, user, &now)?;
    program.tell(&format!("released run {run_id} of {} as generation {}\n", commit.as_of, commit.generation));
    Ok(ExitStatus::Ok.code())
}
