//! The program in a process of its own, to be killed or starved: this test program started again.

use std::ffi::OsString;
use std::process::{Command, ExitStatus, Stdio};

use segmenta_plugin_check::Child;
use segmenta_plugin_host::process::Launcher;

use crate::case::Case;

/// Arguments for the child, separated by line breaks; set only by [`command`].
const ARGUMENTS: &str = "SEGMENTA_TEST_CHILD";

/// Arguments that make this test program nothing but [`the_program_itself`].
const AS_THE_PROGRAM: [&str; 4] = ["--exact", "child::the_program_itself", "--nocapture", "--test-threads=1"];

/// The program with these arguments in the directory of a case.
pub(crate) fn command(case: &Case, arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(AS_THE_PROGRAM);
    command.env(ARGUMENTS, arguments.join("\n")).current_dir(case.path("."));
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// How the program, called in this process, starts itself to carry a plugin.
pub(crate) fn plugin_host() -> Launcher {
    Launcher {
        program: std::env::current_exe().unwrap(),
        arguments: AS_THE_PROGRAM.map(OsString::from).to_vec(),
        environment: vec![(ARGUMENTS.into(), "plugin-host\n--fd\n0".into())],
    }
}

/// How the program, called in this process, starts itself to look at a library: the request's path is
/// the last argument of the shell.
pub(crate) fn plugin_check() -> Child {
    let program = std::env::current_exe().unwrap();
    let script = format!("{ARGUMENTS}=\"plugin-check\n$0\" exec {} {}", program.display(), AS_THE_PROGRAM.join(" "));
    Child { program: "/bin/sh".into(), arguments: vec!["-c".into(), script.into()] }
}

/// The child's part; does nothing in an ordinary test run.
#[test]
#[expect(clippy::exit, reason = "the process stands for the program, whose exit status is looked at")]
fn the_program_itself() {
    let Ok(arguments) = std::env::var(ARGUMENTS) else { return };
    let words = ["segmenta"].into_iter().chain(arguments.lines());
    let mut environment = segmenta_cli::Environment::of_process();
    let now = crate::case::NOW.parse().unwrap();
    environment.now = std::sync::Arc::new(move || now);
    environment.plugin_host = plugin_host();
    environment.plugin_check = plugin_check();
    let status = segmenta_cli::run(words, &mut std::io::stdout(), &mut std::io::stderr(), &environment);
    std::process::exit(i32::from(status));
}

fn status(command: &mut Command) -> ExitStatus {
    command.status().unwrap()
}

#[test]
fn a_child_ends_with_the_status_of_the_program() {
    let case = Case::small();
    assert_eq!(status(&mut command(&case, &["run", "small.toml", "--as-of", "2026-06-01"])).code(), Some(0));
    assert_eq!(status(&mut command(&case, &["run", "small.toml", "--as-of", "2036-06-01"])).code(), Some(78));
    assert_eq!(case.generations(), [1]);
}

/// A limit on the size of files stands for a full disk: every write beyond it fails.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_publishes_nothing() {
    let case = Case::small();
    case.run(&["--as-of", "2026-05-01"]).expect(0, "published");
    let inner = command(&case, &["run", "small.toml", "--as-of", "2026-06-01"]);
    let mut starved = Command::new("sh");
    starved.args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" \"$@\""]);
    starved.arg(inner.get_program()).args(inner.get_args()).current_dir(case.path("."));
    for (name, value) in inner.get_envs() {
        starved.env(name, value.unwrap_or_default());
    }
    starved.stdout(Stdio::null()).stderr(Stdio::null());
    assert_eq!(status(&mut starved).code(), Some(69));
    assert_eq!(case.generations(), [1]);
    case.run(&["--as-of", "2026-06-01"]).expect(0, "generation 2");
}
