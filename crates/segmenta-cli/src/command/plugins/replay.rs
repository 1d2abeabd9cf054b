//! `plugins replay`: a call that crashed, made again.

use std::path::PathBuf;

use clap::Args;
use segmenta_plugin_host::process;

use crate::error::Result;
use crate::plugins::settings;
use crate::program::Program;

/// Make a call that crashed again, in a fresh process
#[derive(Debug, Args)]
pub(crate) struct Replay {
    /// `crash/….arrow`, which a run has left
    file: PathBuf,
}

pub(super) fn run(arguments: &Replay, program: &mut Program<'_>) -> Result<()> {
    let replay = process::replay(&program.path(&arguments.file), &settings(program))?;
    let crash = &replay.crash;
    let rows = crash.rows.as_ref().map_or_else(String::new, |rows| format!(", rows {} to {}", rows.start, rows.end));
    program.print(&format!("{} {}, {}{rows}: ended with {}\n", crash.plugin, crash.version, crash.call, crash.how))?;
    replay.outcome?;
    program.print("this time the call came back\n")
}
