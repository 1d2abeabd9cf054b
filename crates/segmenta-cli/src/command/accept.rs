//! `accept`: make a published run the baseline.

use clap::Args;
use segmenta_engine::ExitStatus;
use segmenta_store::{History, Store};

use crate::arguments::Target;
use crate::error::Result;
use crate::history;
use crate::program::Program;

const EXAMPLES: &str = "\
Example:
  segmenta accept shop/retail.toml 01973d0c

With `baseline = \"accepted\"` in `[monitor]`, later runs are compared with this
one. Until a run is accepted they are compared with the first published one.";

/// Make a published run the one that later runs are compared with
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
    let commit = Store::open(&root)?.accept(&run_id, user, &now)?;
    program.tell(&format!("accepted run {run_id} of {} as baseline\n", commit.as_of));
    Ok(ExitStatus::Ok.code())
}
