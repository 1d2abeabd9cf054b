//! `plugins test`: golden cases.

use std::path::PathBuf;

use clap::Args;
use segmenta_engine::ExitStatus;
use segmenta_plugin_check::{Bless, cases};

use super::subject::Subject;
use crate::error::Result;
use crate::program::Program;

/// Run the cases of a folder: options and rows with the result they must have
#[derive(Debug, Args)]
pub(crate) struct Test {
    #[command(flatten)]
    subject: Subject,
    /// Folder of `*.toml` cases
    #[arg(value_name = "CASES", default_value = "cases")]
    folder: PathBuf,
    /// Write results that are not the expected ones into the cases
    #[arg(long)]
    bless: bool,
}

pub(super) fn run(arguments: &Test, program: &mut Program<'_>) -> Result<u8> {
    let bless = if arguments.bless { Bless::Yes } else { Bless::No };
    let results = cases(&arguments.subject.target(program), &program.path(&arguments.folder), bless)?;
    let mut n_wrong = 0;
    for case in &results {
        let verdict = match (case.differences.is_empty(), case.blessed) {
            (true, _) => "ok",
            (false, true) => "written anew",
            (false, false) => "FAILED",
        };
        n_wrong += u64::from(verdict == "FAILED");
        let name = case.path.file_name().unwrap_or_default().to_string_lossy();
        program.print(&format!("{name}  {verdict}\n"))?;
        for difference in &case.differences {
            program.print(&format!("  {difference}\n"))?;
        }
    }
    program.tell(&format!("{} cases, {n_wrong} failed\n", results.len()));
    Ok(if n_wrong == 0 { ExitStatus::Ok } else { ExitStatus::Data }.code())
}
