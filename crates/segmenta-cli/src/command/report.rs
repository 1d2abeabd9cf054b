//! `report`: where the page of a run is, or the page itself in a browser.

use std::process::{Command, Stdio};

use clap::Args;
use segmenta_engine::ExitStatus;
use segmenta_store::History;

use crate::arguments::Target;
use crate::error::{Error, Result};
use crate::history;
use crate::program::Program;

const EXAMPLES: &str = "\
Examples:
  segmenta report shop/retail.toml                the path of the current page
  segmenta report shop/retail.toml --open         in the browser
  segmenta report shop/retail.toml 01973d0c --open";

/// Show where the report of a run is, or open it
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// The run, or how its id begins; the current one without it
    #[arg(value_name = "RUN")]
    run: Option<String>,
    /// Open it with the program that the system opens pages with
    #[arg(long)]
    open: bool,
}

pub(crate) fn run(arguments: &Arguments, program: &mut Program<'_>) -> Result<u8> {
    let history = History::open(&history::root(program, &arguments.target)?);
    let page = history::files(&history, arguments.run.as_deref())?.report()?;
    program.print(&format!("{}\n", page.display()))?;
    if arguments.open {
        let opener = program.environment.opener();
        let opened = Command::new(&opener).arg(&page).stdin(Stdio::null()).stdout(Stdio::null()).status();
        let opened = opened.map_err(|source| Error::Opener { opener: opener.clone(), source: Some(source) })?;
        if !opened.success() {
            return Err(Error::Opener { opener, source: None });
        }
    }
    Ok(ExitStatus::Ok.code())
}
