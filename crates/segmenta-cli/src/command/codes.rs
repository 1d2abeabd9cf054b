//! `codes`: what a diagnostic's code means.

use clap::Args;
use segmenta_engine::ExitStatus;
use segmenta_pipeline::Code;

use crate::error::{Error, Result};
use crate::program::Program;
use crate::table::Table;

const EXAMPLES: &str = "\
Examples:
  segmenta codes           all codes
  segmenta codes S102      what S102 means and what to do";

/// Explain the code of a diagnostic
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Code or name: S102, unknown-key. All are listed without one
    code: Option<String>,
}

pub(crate) fn run(arguments: &Arguments, program: &mut Program<'_>) -> Result<u8> {
    match &arguments.code {
        None => program.print(&list().to_string())?,
        Some(given) => {
            let named = |code: &&Code| code.as_str().eq_ignore_ascii_case(given) || code.name() == given;
            let code = Code::ALL.iter().find(named).ok_or_else(|| Error::NoCode { code: given.clone() })?;
            program.print(&format!("{code} {}\n\n{}\n", code.name(), code.explanation()))?;
        }
    }
    Ok(ExitStatus::Ok.code())
}

fn list() -> Table {
    let mut table = Table::new(&["code", "name"]);
    for code in Code::ALL {
        table.row(vec![code.as_str().to_owned(), code.name().to_owned()]);
    }
    table
}
