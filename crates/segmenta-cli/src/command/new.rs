//! `new`: a project with one runnable pipeline and sample data.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use segmenta_engine::ExitStatus;

use crate::error::{Error, Result};
use crate::program::Program;

const EXAMPLES: &str = "\
Example:
  segmenta new shop
  segmenta run shop/retail.toml --as-of 2026-06-01";

/// Write a project with one runnable pipeline and sample data
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Directory to write to; it is made when it is missing
    #[arg(value_name = "DIR", default_value = ".")]
    directory: PathBuf,
}

/// The files of a new project.
const FILES: [(&str, &[u8]); 6] = [
    ("retail.toml", include_bytes!("../../../../pipelines/retail.toml")),
    ("data/retail/customers.parquet", include_bytes!("../../../../pipelines/data/retail/customers.parquet")),
    ("data/retail/orders.parquet", include_bytes!("../../../../pipelines/data/retail/orders.parquet")),
    ("data/retail/touchpoints.parquet", include_bytes!("../../../../pipelines/data/retail/touchpoints.parquet")),
    ("README.md", include_bytes!("new/README.md")),
    (".gitignore", b"/out\n"),
];

pub(crate) fn run(arguments: &Arguments, program: &mut Program<'_>) -> Result<u8> {
    let root = program.path(&arguments.directory);
    // Nothing is written when anything is in the way.
    for (name, _) in FILES {
        let path = root.join(name);
        if path.symlink_metadata().is_ok() {
            return Err(Error::Exists { path });
        }
    }
    for (name, bytes) in FILES {
        write(&root.join(name), bytes)?;
    }
    let shown = arguments.directory.join("retail.toml");
    program.tell(&format!(
        "wrote a project; run it with\n  segmenta run {} --as-of 2026-06-01\n",
        shown.strip_prefix(".").unwrap_or(&shown).display()
    ));
    Ok(ExitStatus::Ok.code())
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let failed = |source: io::Error| Error::Io { operation: "write", path: path.to_owned(), source };
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    fs::write(path, bytes).map_err(failed)
}
