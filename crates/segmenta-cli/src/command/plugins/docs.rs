//! `plugins docs`: a page about a library.

use clap::Args;
use segmenta_plugin_check::{Effort, page};

use super::subject::Subject;
use crate::error::Result;
use crate::program::Program;

/// Write a Markdown page about a library
#[derive(Debug, Args)]
pub(crate) struct Docs {
    #[command(flatten)]
    subject: Subject,
}

pub(super) fn run(arguments: &Docs, program: &mut Program<'_>) -> Result<()> {
    let options = arguments.subject.options(program, Effort::Quick);
    let page = page(&arguments.subject.target(program), &options, None)?;
    program.print(&page)
}
