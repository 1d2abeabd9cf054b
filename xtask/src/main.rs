//! Development commands of the workspace: `cargo xtask --help`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

mod bench;
mod ci;
mod error;
mod sample;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;

/// Development commands of the workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the sample shop and the sample accounts.
    Sample(sample::Options),
    /// Time the main job beside the same job written by hand, compare the results, write docs/benchmarks.md.
    Bench(bench::Options),
    /// Check that no crate depends on something it should not know.
    Tidy,
    /// Check formatting, dependencies, lints and documentation, and run all tests.
    Ci,
}

fn main() -> ExitCode {
    match run(&Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", error::chain(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &Command) -> Result<(), Error> {
    match command {
        Command::Sample(options) => {
            for written in sample::write(options)? {
                println!("{}", written.display());
            }
            Ok(())
        }
        Command::Bench(options) => bench::run(options),
        Command::Tidy => tidy::check(),
        Command::Ci => ci::check(),
    }
}
