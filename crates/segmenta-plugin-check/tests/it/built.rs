//! Libraries that are built while the tests run.

use std::path::{Path, PathBuf};
use std::process::Command;

use segmenta_plugin_check::{Kind, Lang, Sdk, new};

/// Whether there is a C compiler and `make`; says so if not.
pub(crate) fn has_c() -> bool {
    let there = ["cc", "make"].iter().all(|tool| Command::new(tool).arg("--version").output().is_ok());
    if !there {
        eprintln!("skipped: there is no C compiler");
    }
    there
}

/// The SDK of this checkout, which a user gives with `--sdk`.
pub(crate) fn sdk() -> Sdk {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../segmenta-plugin-sdk");
    Sdk::Path(std::fs::canonicalize(path).unwrap())
}

/// Runs a command in a folder.
pub(crate) fn run(folder: &Path, program: &str, arguments: &[&str]) {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).env("CARGO_TARGET_DIR", target_folder());
    let output = command.output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}\n{out}\n{err}");
}

/// Builds of generated projects, which share their dependencies and are kept.
pub(crate) fn target_folder() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    tests.ancestors().nth(3).unwrap().join("plugin-templates")
}

/// A project and its built library.
pub(crate) fn project(folder: &Path, name: &str, lang: Lang, kind: Kind) -> PathBuf {
    let project = folder.join(name);
    new(name, lang, kind, &sdk(), &project).unwrap();
    match lang {
        Lang::C => {
            run(&project, "make", &[]);
            project.join(format!("lib{name}.so"))
        }
        Lang::Rust => {
            // The same versions as this workspace, so that nothing is looked up.
            let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
            std::fs::copy(lock, project.join("Cargo.lock")).unwrap();
            run(&project, env!("CARGO"), &["build", "--offline"]);
            target_folder().join("debug").join(format!("lib{name}.so"))
        }
    }
}
