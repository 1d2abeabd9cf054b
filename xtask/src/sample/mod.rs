//! `cargo xtask sample`: a shop and a maker's accounts with the dirt that real extracts have.
//!
//! The same options give the same bytes on every machine. Beside the data lies `dirt.json` with the
//! number of rows of every kind, so that a run's accounting can be compared with what was put in.

mod accounts;
mod calendar;
mod customers;
mod dirt;
mod exceptions;
mod invoices;
mod lines;
mod needs;
mod orders;
mod random;
mod retail;
mod text;
mod touchpoints;

use std::path::PathBuf;

use clap::Args;

use crate::error::Error;
use crate::workspace::below_root;

/// Options of `cargo xtask sample`.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Customers of the shop.
    #[arg(long, default_value_t = 2_000)]
    customers: usize,
    /// Accounts of the maker.
    #[arg(long, default_value_t = 300)]
    accounts: usize,
    /// Directory that gets `retail/` and `accounts/`; relative to the workspace root.
    #[arg(long, default_value = "pipelines/data")]
    out: PathBuf,
    /// Another seed gives another shop.
    #[arg(long, default_value_t = 7)]
    seed: u64,
}

/// Writes both data sets and returns the files.
pub(crate) fn write(options: &Options) -> Result<Vec<PathBuf>, Error> {
    let out = below_root(&options.out);
    let mut files = retail::write(&out.join("retail"), options.customers, options.seed)?;
    files.extend(accounts::write(&out.join("accounts"), options.accounts, options.seed)?);
    Ok(files)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    /// Every file below a directory, by its path within it.
    fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut found = BTreeMap::new();
        for set in ["retail", "accounts"] {
            for entry in std::fs::read_dir(directory.join(set)).unwrap() {
                let path = entry.unwrap().path();
                found.insert(path.strip_prefix(directory).unwrap().to_path_buf(), std::fs::read(path).unwrap());
            }
        }
        found
    }

    fn sample(customers: usize, accounts: usize, seed: u64) -> BTreeMap<PathBuf, Vec<u8>> {
        let directory = tempfile::tempdir().unwrap();
        let out = directory.path().to_path_buf();
        write(&Options { customers, accounts, out, seed }).unwrap();
        contents(directory.path())
    }

    #[test]
    fn the_committed_sample_is_what_the_defaults_write() {
        let committed = contents(&below_root(Path::new("pipelines/data")));
        let written = sample(2_000, 300, 7);
        assert_eq!(committed.keys().collect::<Vec<_>>(), written.keys().collect::<Vec<_>>());
        for (path, bytes) in &written {
            assert!(committed[path] == *bytes, "{} differs: run `cargo xtask sample`", path.display());
        }
    }

    #[test]
    fn another_seed_gives_another_sample() {
        let (one, other) = (sample(50, 20, 1), sample(50, 20, 2));
        for path in ["retail/orders.parquet", "accounts/invoices.csv"].map(Path::new) {
            assert_ne!(one[path], other[path]);
        }
    }
}
