//! The C and C++ compilers of the machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Strict enough to find what another compiler would not take.
const STRICT: [&str; 4] = ["-Wall", "-Wextra", "-Werror", "-pedantic"];

/// A folder of this crate.
pub(crate) fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// A file that a test writes. Each test has its own folder: one must not read what another is writing.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let thread = std::thread::current();
    let test = thread.name().expect("tests run in threads of their name").replace("::", "-");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// Whether there is a compiler; says so if there is none.
pub(crate) fn exists(compiler: &str) -> bool {
    let found = Command::new(compiler).arg("--version").output().is_ok();
    if !found {
        println!("skipped: there is no compiler called `{compiler}`");
    }
    found
}

/// Runs `cc` for C11 or `c++` for C++17 with `header` first on the path of headers.
pub(crate) fn run(compiler: &str, header: &Path, arguments: &[&str], source: &Path) -> Output {
    let standard = if compiler == "cc" { "-std=c11" } else { "-std=c++17" };
    let mut command = Command::new(compiler);
    command.args(STRICT).args([standard, "-I"]).arg(header).arg(source).args(arguments);
    command.output().unwrap()
}

/// Builds `source` into `out`.
pub(crate) fn build(compiler: &str, header: &Path, arguments: &[&str], source: &Path, out: &Path) {
    let out = ["-o", out.to_str().unwrap()];
    let output = run(compiler, header, &[arguments, &out].concat(), source);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Builds a library of criteria.
pub(crate) fn library(compiler: &str, header: &Path, flags: &[&str], source: &Path, out: &Path) {
    let shared = ["-O1", "-shared", "-fPIC", "-fvisibility=hidden"];
    build(compiler, header, &[&shared, flags].concat(), source, out);
}
