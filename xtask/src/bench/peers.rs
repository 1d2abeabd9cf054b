//! The generator and the hand-written programs.

use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;

use super::Options;
use super::figures::{self, Figures};
use super::measure::{self, Measurement};
use crate::error::Error;

/// A hand-written program: one Python script.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    script: &'static str,
}

pub(crate) const DUCKDB: Peer = Peer { name: "DuckDB", script: "peer_duckdb.py" };
pub(crate) const POLARS: Peer = Peer { name: "Polars", script: "peer_polars.py" };

/// Where the generated files are.
pub(crate) fn input(options: &Options) -> PathBuf {
    options.bench_dir.join(format!("input-{}-{}", options.customers, options.lines))
}

/// Generates the input files unless they are there.
pub(crate) fn generate(options: &Options) -> Result<(), Error> {
    let input = input(options);
    // Written last by the generator.
    if input.join("touchpoints.parquet").exists() {
        return Ok(());
    }
    fs::create_dir_all(&input).map_err(Error::file(&input))?;
    eprintln!("generating {} customers and {} lines", options.customers, options.lines);
    let arguments = [
        options.shared.join("gen.py").into_os_string(),
        input.into_os_string(),
        OsString::from(options.customers.to_string()),
        OsString::from(options.lines.to_string()),
    ];
    measure::run(&options.python, &options.bench_dir, &options.python, &arguments)?;
    Ok(())
}

/// Runs a hand-written program and reads its results.
pub(crate) fn run(options: &Options, peer: &Peer) -> Result<(Measurement, Figures), Error> {
    let out = options.bench_dir.join("out").join(peer.name.to_lowercase());
    fs::create_dir_all(&out).map_err(Error::file(&out))?;
    let arguments = [
        options.shared.join(peer.script).into_os_string(),
        input(options).into_os_string(),
        out.clone().into_os_string(),
    ];
    let (measurement, printed) = measure::run(&options.python, &options.bench_dir, &options.python, &arguments)?;
    Ok((measurement, figures::of_peer(&printed, &out.join("migration.parquet"))?))
}
