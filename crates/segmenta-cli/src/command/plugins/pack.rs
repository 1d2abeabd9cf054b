//! `plugins pack`: what an operator gets.

use std::path::PathBuf;

use clap::Args;
use segmenta_engine::ExitStatus;
use segmenta_plugin_check::{Effort, Level, Target, check, pack, pack_archive};

use super::subject::Subject;
use crate::error::Result;
use crate::program::Program;

/// Write a folder or an archive to hand on: library, manifest, description, page, report of its check
#[derive(Debug, Args)]
pub(crate) struct Pack {
    #[command(flatten)]
    subject: Subject,
    /// Who hands it on; the user's name if it is not given
    #[arg(long)]
    publisher: Option<String>,
    /// How far to check
    #[arg(long, default_value = "stress")]
    level: Level,
    /// Folder to write, which is new or empty, or a file that ends in `.tar.gz`
    #[arg(long, value_name = "PATH")]
    out: PathBuf,
}

pub(super) fn run(arguments: &Pack, program: &mut Program<'_>) -> Result<u8> {
    let Pack { subject, publisher, level, out } = arguments;
    let options = subject.options(program, Effort::Full);
    let library = subject.path(program);
    let report = check(&Target::File(library.clone()), *level, &options);
    let publisher = publisher.as_deref().unwrap_or_else(|| program.environment.user());
    let path = program.path(out);
    if out.to_string_lossy().ends_with(".tar.gz") {
        for name in pack_archive(&library, publisher, &report, &options, &path)? {
            program.print(&format!("{name}\n"))?;
        }
    } else {
        for file in pack(&library, publisher, &report, &options, &path)? {
            program.print(&format!("{}\n", file.display()))?;
        }
    }
    Ok(if report.is_green() { ExitStatus::Ok } else { ExitStatus::Data }.code())
}
