//! `plugins describe`: what a library says about itself.

use std::path::PathBuf;

use clap::Args;
use segmenta_plugin_check::{Target, described};
use segmenta_plugin_host::LibraryFile;

use crate::error::Result;
use crate::plugins;
use crate::program::Program;
use crate::table::Table;

/// Show what a library says about itself, as JSON
#[derive(Debug, Args)]
pub(crate) struct Describe {
    /// Library file, or the name of a built-in plugin
    library: PathBuf,
    /// Read the file only, run none of its code
    #[arg(long = "static")]
    unloaded: bool,
}

pub(super) fn run(arguments: &Describe, program: &mut Program<'_>) -> Result<()> {
    let path = program.path(&arguments.library);
    if arguments.unloaded {
        return note(&LibraryFile::read(&path)?, program);
    }
    let built_in = arguments.library.to_str().filter(|_| !path.exists()).and_then(plugins::built_in);
    let described = described(&built_in.map_or(Target::File(path), Target::Linked))?;
    program.print_json(&described)
}

fn note(file: &LibraryFile, program: &mut Program<'_>) -> Result<()> {
    let note = file.inspect()?;
    let mut table = Table::new(&["of the file", ""]);
    for (name, value) in [
        ("plugin", note.name.clone()),
        ("version", note.version.clone()),
        ("ABI", note.abi()),
        ("target", note.target.clone()),
        ("built with", note.sdk.clone()),
        ("processor", note.cpu.join(", ")),
        ("entries", note.entries.join(", ")),
        ("sha256", file.sha256().to_owned()),
    ] {
        table.row(vec![name.to_owned(), value]);
    }
    program.print(&table.to_string())
}
