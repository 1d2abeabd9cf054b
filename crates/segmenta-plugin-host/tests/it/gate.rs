//! Pins, locks and policies are asked before any code of a library runs.

use std::path::Path;

use segmenta_plugin_host::{
    CheckLevel, Gate, Isolation, LibraryFile, Lock, LockedLibrary, Manifest, Mode, Pin, Policy, Reason, Request,
    Require, platform,
};

use crate::cases::build::{self, Built};

/// A library, and the file that it would mark if it ran.
fn library() -> (LibraryFile, Built) {
    let built = build::library("gate", "good", &["-DPLUGIN=gate"]);
    built.forget_mark();
    (LibraryFile::read(&built.library).unwrap(), built)
}

fn lock(sha256: &str, level: Option<CheckLevel>, abi: &str) -> Lock {
    let mut lock = Lock::default();
    let library = LockedLibrary { sha256: sha256.to_owned(), abi: abi.to_owned(), level, host: "0.0.0".to_owned() };
    lock.insert("gate", "1.0.0", &platform(), library);
    lock
}

fn gate<'a>(policy: &'a Policy, lock: Option<&'a Lock>) -> Gate<'a> {
    Gate { policy, lock, require: Require::Any }
}

#[test]
fn what_is_not_the_agreed_library_is_refused_before_it_runs() {
    if !build::has_compiler() {
        return;
    }
    let (file, built) = library();
    let other = "ab".repeat(32);
    let any = Policy::default();
    let locked = Policy { require: Require::Locked, ..Policy::default() };
    let listed = Policy { require: Require::AllowListed, allow: vec![other.clone()], ..Policy::default() };
    let trusted = Policy { trusted: vec!["/nowhere".into()], ..Policy::default() };
    let (wrong, elsewhere) =
        (Pin::one(&other).unwrap(), Pin::each([("plan9-mips".into(), other.clone())].into()).unwrap());
    let (good_lock, bad_lock) = (lock(file.sha256(), None, "1.0"), lock(&other, None, "1.0"));
    let pinned = |pin| Request { pin: Some(pin), ..Request::default() };
    let plain = Request::default();
    let asked = [
        ("pin", gate(&any, None).admit(&file, &pinned(&wrong)), "pin-mismatch"),
        ("platform", gate(&any, None).admit(&file, &pinned(&elsewhere)), "pin-mismatch"),
        ("lock differs", gate(&any, Some(&bad_lock)).admit(&file, &plain), "pin-mismatch"),
        ("no lock", gate(&locked, None).admit(&file, &plain), "not-allowed"),
        ("not in lock", gate(&locked, Some(&Lock::default())).admit(&file, &plain), "not-allowed"),
        ("not listed", gate(&listed, Some(&good_lock)).admit(&file, &plain), "not-allowed"),
        ("not trusted", gate(&trusted, Some(&good_lock)).admit(&file, &plain), "not-allowed"),
        // The pipeline asks for less than the policy: that changes nothing.
        ("loosened", Gate { require: Require::Any, ..gate(&locked, None) }.admit(&file, &plain), "not-allowed"),
        // The pipeline asks for more.
        ("stricter", Gate { require: Require::Locked, ..gate(&any, None) }.admit(&file, &plain), "not-allowed"),
    ];
    for (what, admitted, code) in asked {
        let error = admitted.unwrap_err();
        assert_eq!(error.code(), code, "{what}: {error}");
        assert!(error.hint().is_some(), "{what}");
    }
    gate(&locked, Some(&good_lock)).admit(&file, &plain).unwrap();
    assert!(!built.has_run());
}

#[test]
fn names_of_pipeline_and_manifest_must_be_the_librarys() {
    if !build::has_compiler() {
        return;
    }
    let (file, built) = library();
    let policy = Policy::default();
    let request = Request { name: Some("other"), ..Request::default() };
    assert_eq!(gate(&policy, None).admit(&file, &request).unwrap_err().code(), "bad-note");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("gate.toml");
    let admit = |name: &str, version: &str, sha256: &str| {
        let text = format!(
            "manifest_version = 1\nname = \"{name}\"\nversion = \"{version}\"\nabi = \"1.0\"\n\
             [library.{}]\npath = \"x\"\nsha256 = \"{sha256}\"\n",
            platform()
        );
        std::fs::write(&path, text).unwrap();
        let manifest = Manifest::read(&path).unwrap();
        let request = Request { manifest: Some(&manifest), ..Request::default() };
        gate(&policy, None).admit(&file, &request).map_err(|error| error.code()).map(|_| ())
    };
    assert_eq!(admit("gate", "1.0.0", file.sha256()), Ok(()));
    assert_eq!(admit("gates", "1.0.0", file.sha256()), Err("bad-note"));
    assert_eq!(admit("gate", "1.0.1", file.sha256()), Err("bad-note"));
    assert_eq!(admit("gate", "1.0.0", &"ab".repeat(32)), Err("pin-mismatch"));
    assert!(!built.has_run());
}

#[test]
fn the_level_of_the_lock_decides_the_process() {
    if !build::has_compiler() {
        return;
    }
    let (file, _) = library();
    let policy = Policy::default();
    let mode = |lock: Option<&Lock>, isolation| {
        let request = Request { isolation, ..Request::default() };
        let admitted = gate(&policy, lock).admit(&file, &request).unwrap();
        (admitted.mode, admitted.reason)
    };
    let stress = lock(file.sha256(), Some(CheckLevel::Stress), "1.0");
    assert_eq!(mode(Some(&stress), Isolation::Auto), (Mode::InProcess, Reason::Checked(CheckLevel::Stress)));
    let fit = lock(file.sha256(), Some(CheckLevel::Fit), "1.0");
    assert_eq!(mode(Some(&fit), Isolation::Auto).0, Mode::Process);
    let other_abi = lock(file.sha256(), Some(CheckLevel::Stress), "0.9");
    assert_eq!(mode(Some(&other_abi), Isolation::Auto), (Mode::Process, Reason::NotLocked));
    assert_eq!(mode(None, Isolation::Auto), (Mode::Process, Reason::NotLocked));
    assert_eq!(mode(None, Isolation::InProcess), (Mode::InProcess, Reason::Asked));
}

#[test]
fn what_a_library_needs_is_read_without_running_it() {
    if !build::has_compiler() {
        return;
    }
    let (file, built) = library();
    let found = file.inspect().unwrap();
    assert_eq!((found.name.as_str(), found.version.as_str(), found.abi().as_str()), ("gate", "1.0.0", "1.0"));
    assert!(found.facts.needed.iter().any(|library| library.starts_with("libc.so")), "{:?}", found.facts);
    assert!(found.facts.glibc.is_some_and(|version| version >= (2, 2)), "{:?}", found.facts);
    assert!(found.facts.exported.iter().any(|symbol| symbol == "seg_plugin_abi_note_gate"));
    assert_eq!(found.entries, ["seg_plugin_entry_v1_gate"]);
    assert!(!found.facts.executable_stack && !found.facts.text_relocations && !found.facts.go_built);
    let file = LibraryFile::read(&build::library("exec-stack", "exec-stack", &["-Wl,-z,execstack"]).library).unwrap();
    assert!(file.inspect().unwrap().facts.executable_stack);
    assert!(LibraryFile::read(Path::new("/nowhere")).is_err());
    assert!(!built.has_run());
}
