//! `plugins run`: one criterion on the rows of a file.

use clap::Args;
use segmenta_plugin_check::{Explain, run};

use super::subject::Subject;
use crate::error::{Error, Result};
use crate::program::Program;

/// Run one criterion on a CSV file; a fitted one is fitted to it first
#[derive(Debug, Args)]
pub(crate) struct Run {
    #[command(flatten)]
    subject: Subject,
    /// Say for each row why it got its result, as far as the criterion can
    #[arg(long)]
    explain: bool,
    /// Show the model that a fitted criterion learned
    #[arg(long)]
    model: bool,
}

pub(super) fn run_on_file(arguments: &Run, program: &mut Program<'_>) -> Result<()> {
    let Run { subject, explain, model } = arguments;
    let rows = subject.rows.as_ref().ok_or(Error::NoRows)?;
    let explain = if *explain { Explain::Yes } else { Explain::No };
    let (target, path) = (subject.target(program), program.path(rows));
    let applied = run(&target, subject.criterion.as_deref(), &subject.params(), &path, subject.as_of_us(), explain)?;
    program.print(&applied.csv())?;
    if explain == Explain::Yes && applied.reasons.is_none() {
        program.tell("the criterion does not explain its results\n");
    }
    for (row, reason) in applied.reasons.iter().flatten().enumerate() {
        program.print(&format!("row {}: {reason}\n", row + 1))?;
    }
    match applied.model.filter(|_| *model) {
        Some(model) => program.print_json(&model),
        None => Ok(()),
    }
}
