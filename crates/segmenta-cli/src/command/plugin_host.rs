//! What this program does as its own child: carry a plugin, or look at one.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use segmenta_engine::ExitStatus;
use segmenta_plugin_host::process;

use crate::error::Result;
use crate::program::Program;

/// Carry one plugin for the process that started this one
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Descriptor of the socket to it
    #[arg(long)]
    fd: i32,
}

/// Look at a library for the process that started this one
#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// What to look at
    request: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> u8 {
    let ended = process::serve(arguments.fd);
    let status = if ended == ExitCode::SUCCESS { ExitStatus::Ok } else { ExitStatus::Failed };
    status.code()
}

pub(crate) fn check(arguments: &CheckArguments, program: &Program<'_>) -> Result<u8> {
    segmenta_plugin_check::child_main(&program.path(&arguments.request))?;
    Ok(ExitStatus::Ok.code())
}
