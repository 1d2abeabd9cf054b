//! `cargo xtask ci`: everything a change must pass, in the order in which it fails fastest.

use std::process::Command;

use crate::error::Error;
use crate::{tidy, workspace};

/// Formats, lints, documents and tests the workspace, and looks at its dependencies.
///
/// # Errors
/// [`Error::Program`] for the first command that fails, [`Error::Tidy`] for dependencies.
pub(crate) fn check() -> Result<(), Error> {
    cargo(&["fmt", "--all", "--check"], &[])?;
    tidy::check()?;
    cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"], &[])?;
    cargo(&["doc", "--workspace", "--no-deps", "--locked"], &[("RUSTDOCFLAGS", "-D warnings")])?;
    test()
}

/// Runs all tests, with the command that the README gives.
fn test() -> Result<(), Error> {
    // Snapshots are compared, never rewritten.
    cargo(&["test"], &[("INSTA_UPDATE", "no")])
}

fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), Error> {
    let program = format!("cargo {}", arguments.join(" "));
    eprintln!("── {program}");
    let status = Command::new(env!("CARGO"))
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(workspace::root())
        .status()
        .map_err(Error::start(&program))?;
    if status.success() { Ok(()) } else { Err(Error::Program { program, status, message: String::new() }) }
}
