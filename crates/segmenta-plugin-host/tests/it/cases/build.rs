//! Builds the hostile fixture, once per case and content.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::{Mutex, PoisonError};

use segmenta_plugin_sdk::abi::TARGET;

use super::Case;

const FIXTURES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
const INCLUDE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../segmenta-plugin-abi/include");

/// A built library and the file that it marks when its bad path runs.
#[derive(Debug, Clone)]
pub(crate) struct Built {
    pub(crate) library: PathBuf,
    pub(crate) mark: PathBuf,
}

impl Built {
    /// Whether the bad path ran since [`Built::forget_mark`].
    pub(crate) fn was_marked(&self, case: &str) -> bool {
        fs::read_to_string(&self.mark).is_ok_and(|text| text.contains(&format!("marker:{case}\n")))
    }

    /// Whether any code of the library ran since [`Built::forget_mark`].
    pub(crate) fn has_run(&self) -> bool {
        fs::read_to_string(&self.mark).is_ok_and(|text| text.contains("ran:"))
    }

    pub(crate) fn forget_mark(&self) {
        let _ = fs::remove_file(&self.mark);
    }
}

/// Whether there is a C compiler; if not, says so.
pub(crate) fn has_compiler() -> bool {
    let found = Command::new("cc").arg("--version").output().is_ok_and(|output| output.status.success());
    if !found {
        eprintln!("skipped: there is no `cc`");
    }
    found
}

/// The library of a case of [`super::CASES`].
pub(crate) fn case(case: &Case) -> Built {
    library(case.name, case.name, case.flags)
}

/// The library `file`, which takes the path `name`. Tests that want the same one wait for each other.
pub(crate) fn library(file: &str, name: &str, flags: &[&str]) -> Built {
    static BUILDING: Mutex<()> = Mutex::new(());
    let _building = BUILDING.lock().unwrap_or_else(PoisonError::into_inner);
    let directory = directory(flags);
    let built =
        Built { library: directory.join(format!("lib{file}.so")), mark: directory.join(format!("{file}.mark")) };
    if !built.library.exists() {
        let partial = directory.join(format!("{file}.{}.new", std::process::id()));
        compile(&partial, name, &built.mark, flags, &directory);
        fs::rename(&partial, &built.library).unwrap();
    }
    built
}

fn compile(out: &Path, name: &str, mark: &Path, flags: &[&str], directory: &Path) {
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-g0", "-w", "-I", INCLUDE, "-o"]).arg(out);
    cc.arg(Path::new(FIXTURES).join("case.c")).arg(body());
    cc.arg(format!("-DCASE=\"{name}\"")).arg(format!("-DMARK=\"{}\"", mark.display()));
    cc.arg(format!("-DTARGET=\"{TARGET}\"")).args(flags).args(["-lpthread", "-lgcc_s"]);
    if flags.contains(&"-DGHOST") {
        ghost(directory);
        cc.arg("-L").arg(directory).arg("-lghost");
    }
    if flags.contains(&"-DPANICS") {
        panics(directory);
        cc.arg("-L").arg(directory).args(["-lpanics", "-lm", "-ldl", "-Wl,--exclude-libs,ALL"]);
    }
    run(cc);
    if flags.contains(&"-DGHOST") {
        fs::remove_file(directory.join("libghost.so")).unwrap();
    }
}

/// The part that all cases share, compiled once per content.
fn body() -> PathBuf {
    static BODY: OnceLock<PathBuf> = OnceLock::new();
    let make = || {
        let object = directory(&[]).join("hostile.o");
        if !object.exists() {
            let partial = directory(&[]).join(format!("hostile.{}.new", std::process::id()));
            let mut cc = Command::new("cc");
            cc.args(["-c", "-fPIC", "-O0", "-g0", "-w", "-I", INCLUDE, "-o"]).arg(&partial);
            cc.arg(Path::new(FIXTURES).join("hostile.c"));
            run(cc);
            fs::rename(&partial, &object).unwrap();
        }
        object
    };
    BODY.get_or_init(make).clone()
}

fn run(mut cc: Command) {
    let output = cc.output().unwrap();
    assert!(output.status.success(), "{cc:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A library that is there while another is linked, and gone afterwards.
fn ghost(directory: &Path) {
    let source = directory.join("ghost.c");
    fs::write(&source, "int ghost(void) { return 1; }\n").unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-shared", "-fPIC", "-o"]).arg(directory.join("libghost.so")).arg(source);
    run(cc);
}

/// Rust code that aborts where it panics.
fn panics(directory: &Path) {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition=2021", "--crate-type=staticlib", "-Cpanic=abort", "-o"]);
    rustc.arg(directory.join("libpanics.a")).arg(Path::new(FIXTURES).join("panics.rs"));
    run(rustc);
}

/// A directory for this content of the fixture and these flags.
fn directory(flags: &[&str]) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    for part in ["hostile.c", "case.c", "panics.rs"] {
        fs::read(Path::new(FIXTURES).join(part)).unwrap().hash(&mut hasher);
    }
    flags.hash(&mut hasher);
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("hostile-{:016x}", hasher.finish()));
    fs::create_dir_all(&directory).unwrap();
    directory
}
