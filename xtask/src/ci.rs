//! `cargo xtask ci`: everything a change must pass, in the order in which it fails fastest.

use std::process::{Command, Stdio};

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

/// Runs all tests: with nextest where it is installed, else with what cargo brings.
fn test() -> Result<(), Error> {
    // Snapshots are compared, never rewritten.
    let settings = [("INSTA_UPDATE", "no")];
    if !has_nextest() {
        return cargo(&["test", "--workspace", "--locked"], &settings);
    }
    cargo(&["nextest", "run", "--workspace", "--locked"], &settings)?;
    cargo(&["test", "--workspace", "--locked", "--doc"], &settings)
}

fn has_nextest() -> bool {
    let version =
        Command::new(env!("CARGO")).args(["nextest", "--version"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    version.is_ok_and(|status| status.success())
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
