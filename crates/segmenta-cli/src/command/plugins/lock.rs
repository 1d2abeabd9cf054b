//! `plugins lock`: which builds may run, and how far they were checked.

use std::path::PathBuf;

use clap::Args;
use segmenta_engine::ExitStatus;
use segmenta_plugin_check::{Effort, Level, lock};
use segmenta_plugin_host::Lock;

use super::subject::Subject;
use crate::error::Result;
use crate::plugins::{self, LOCK};
use crate::program::Program;

/// Check a library and write its digest into `plugins.lock`
#[derive(Debug, Args)]
pub(crate) struct Locking {
    #[command(flatten)]
    subject: Subject,
    /// How far to check; from `stress` on a library may share the runner's process
    #[arg(long, default_value = "stress")]
    level: Level,
    /// Directory of `plugins.lock`: where the pipeline is
    #[arg(long, value_name = "DIR", default_value = ".")]
    beside: PathBuf,
}

pub(super) fn run(arguments: &Locking, program: &mut Program<'_>) -> Result<u8> {
    let directory = program.path(&arguments.beside);
    let mut locked = plugins::lock(&directory)?.unwrap_or_else(Lock::default);
    let options = arguments.subject.options(program, Effort::Full);
    let report = lock(&mut locked, &arguments.subject.path(program), arguments.level, &options)?;
    let path = directory.join(LOCK);
    locked.write(&path)?;
    program.print(&report.text())?;
    program.tell(&format!("written to {}\n", arguments.beside.join(LOCK).display()));
    Ok(if report.is_green() { ExitStatus::Ok } else { ExitStatus::Data }.code())
}
