//! `cargo xtask bench`: the main job beside the same job written by hand with DuckDB and Polars.
//!
//! All programs read the same generated files in the same sitting, one after the other, in several
//! rounds. Their results are compared before anything is written.

mod compare;
mod figures;
mod machine;
mod measure;
mod page;
mod peers;
mod segmenta;

use std::path::PathBuf;

use clap::Args;

use self::measure::Measurement;
use crate::error::Error;
use crate::workspace::below_root;

/// Options of `cargo xtask bench`.
#[derive(Debug, Clone, Args)]
pub(crate) struct Options {
    /// Directory for the generated files and everybody's results, outside the workspace.
    #[arg(long)]
    bench_dir: PathBuf,
    /// Directory with the generator and the other programs' scripts; relative to the workspace root.
    #[arg(long, default_value = "../shared/bench")]
    shared: PathBuf,
    /// Customers to generate, when there are no files yet.
    #[arg(long, default_value_t = 1_000_000)]
    customers: u64,
    /// Order lines to generate, when there are no files yet.
    #[arg(long, default_value_t = 20_000_000)]
    lines: u64,
    /// How often each program is run.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// A Python with duckdb, polars, pyarrow and scikit-learn.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// The page that is written; relative to the workspace root.
    #[arg(long, default_value = "docs/benchmarks.md")]
    page: PathBuf,
}

/// Measurements of one program, a round each.
#[derive(Debug)]
struct Series {
    program: &'static str,
    rounds: Vec<Measurement>,
}

/// Generates the files where they are missing, runs everything, compares, writes the page.
///
/// # Errors
/// [`Error::Differ`] when the results are not the same, after the page has been written;
/// [`Error::Program`] when a program fails.
pub(crate) fn run(options: &Options) -> Result<(), Error> {
    let options = &Options {
        shared: below_root(&options.shared),
        bench_dir: below_root(&options.bench_dir),
        page: below_root(&options.page),
        ..options.clone()
    };
    peers::generate(options)?;
    let segmenta = segmenta::Program::build()?;
    let mut series = [
        Series { program: "segmenta", rounds: Vec::new() },
        Series { program: "DuckDB + scikit-learn", rounds: Vec::new() },
        Series { program: "Polars + scikit-learn", rounds: Vec::new() },
    ];
    let mut differences = Vec::new();
    for round in 1..=options.rounds {
        eprintln!("round {round} of {}", options.rounds);
        let (measurement, ours) = segmenta.main_job(options)?;
        series[0].rounds.push(measurement);
        for (position, peer) in [(1, peers::DUCKDB), (2, peers::POLARS)] {
            let (measurement, theirs) = peers::run(options, &peer)?;
            series[position].rounds.push(measurement);
            differences.extend(compare::differences(&ours, &theirs, peer.name));
        }
    }
    let sample = segmenta.sample_job(options)?;
    differences.sort();
    differences.dedup();
    page::write(options, &series, &sample, &differences)?;
    if differences.is_empty() { Ok(()) } else { Err(Error::Differ { differences }) }
}
