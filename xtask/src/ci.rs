//! `cargo xtask ci`: everything a change must pass, in the order in which it fails fastest.

use std::path::{Path, PathBuf};
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

/// Runs all tests, with the command that the README gives, and those of the page in a browser.
fn test() -> Result<(), Error> {
    // The tutorial is typed into the real program.
    cargo(&["build", "--bin", "segmenta", "--locked"], &[])?;
    let program = built("segmenta");
    // Snapshots are compared, never rewritten.
    cargo(&["test"], &[("INSTA_UPDATE", "no"), ("SEGMENTA_PROGRAM", &program)])?;
    let browser = workspace::below_root(Path::new("tests/browser/run"));
    run(&browser.display().to_string(), &[], &[("PAGE", &built("examples/page"))])
}

/// Path of something that `cargo test` has built.
fn built(name: &str) -> String {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    workspace::below_root(&target).join("debug").join(name).display().to_string()
}

fn cargo(arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), Error> {
    run(env!("CARGO"), arguments, environment)
}

fn run(command: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Result<(), Error> {
    let name = Path::new(command).file_name().unwrap_or_default().display();
    let program = format!("{name} {}", arguments.join(" "));
    eprintln!("── {program}");
    let status = Command::new(command)
        .args(arguments)
        .envs(environment.iter().copied())
        .current_dir(workspace::root())
        .status()
        .map_err(Error::start(&program))?;
    if status.success() { Ok(()) } else { Err(Error::Program { program, status, message: String::new() }) }
}
