//! Settings and surroundings that cannot be used: a clear error, the right status, nothing published.

use std::fs::File;
use std::process::Command;

use crate::case::Case;

const DATE: [&str; 2] = ["--as-of", "2026-06-01"];

#[test]
fn a_date_in_the_future() {
    let case = Case::small();
    case.run(&["--as-of", "2026-07-16"])
        .expect(78, "the date 2026-07-16 is in the future: it is 2026-07-15 08:00 in UTC");
    case.run(&["--as-of", "soon"]).expect(78, "`soon` is neither a date nor an instant");
    assert_eq!(case.generations(), [0; 0]);
    case.run(&[]).expect(0, "published small at 2026-07-15");
}

#[test]
fn a_zone_that_does_not_exist() {
    let case = Case::small();
    let zone = "[schedule]\ncron = \"0 5 1 * *\"\ntimezone = \"Europe/Atlantis\"\n\n[outputs]";
    case.edit("small.toml", "[outputs]", zone);
    case.run(&DATE).expect(78, "there is no time zone `Europe/Atlantis`").expect(78, "small.toml:");
}

#[test]
fn a_wrong_command_line() {
    let case = Case::small();
    for wrong in [&["--threads", "0"], &["--memory", "much"], &["--param", "clusters"], &["--batch-rows", "0"]] {
        assert_eq!(case.run(wrong).status, 2, "{wrong:?}");
    }
    case.run(&["--param", "cluster=3"]).expect(78, "did you mean `--param clusters=…`?");
    case.run(&["--param", "clusters=three"]).expect(78, "its default says that it is a whole number");
    case.run(&["--run-id", "../../etc"]).expect(78, "`../../etc` is not a usable run id");
    assert_eq!(case.generations(), [0; 0]);
}

#[test]
fn a_pipeline_that_is_not_there() {
    let case = Case::small();
    case.call(&["run", "other.toml"]).expect(78, "cannot read `other.toml`");
}

#[test]
fn a_plugin_file_that_is_none() {
    let case = Case::small();
    case.write("notes.so", "this is no library");
    case.run(&["--plugin-dir", "notes.so"]).expect(78, "notes.so` is not a plugin library");
    case.run(&["--plugin-dir", "nowhere"]).expect(78, "nowhere");
    assert_eq!(case.generations(), [0; 0]);
}

/// A library without code: only the note that is read before any of its code would run.
#[test]
fn a_plugin_of_another_abi() {
    let case = Case::small();
    let note = "#include \"seg_plugin.h\"\n\
        SEG_EXPORT const seg_abi_note seg_plugin_abi_note_old = {\n\
        \"SEGPLUG\", sizeof(seg_abi_note), 9u << 16, 0, \"old\", \"1.0.0\", TARGET, \"none\", \"\" };\n";
    let target = format!("#define TARGET \"{}\"\n", target());
    case.write("old.c", &(target + note));
    let include = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/segmenta-plugin-abi/include");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-I", include, "-o"]).arg(case.path("libold.so")).arg(case.path("old.c"));
    assert!(compiler.status().expect("a linker of Rust programs is there").success());
    let ran = case.run(&["--plugin-dir", "libold.so"]);
    ran.expect(78, "needs plugin ABI 9.0, this program speaks 1.0").expect(78, "use a newer version of this program");
    assert_eq!(case.generations(), [0; 0]);
}

fn target() -> &'static str {
    if cfg!(target_arch = "aarch64") { "aarch64-unknown-linux-gnu" } else { "x86_64-unknown-linux-gnu" }
}

#[test]
fn an_output_that_cannot_be_written() {
    let case = Case::small();
    case.write("out", "a file where a directory is needed");
    case.run(&DATE).expect(69, "out");
}

#[test]
fn a_second_run_while_one_is_going() {
    let case = Case::small();
    case.run(&["--as-of", "2026-05-01"]).expect(0, "published");
    let lock = File::options().write(true).open(case.path("out/.lock")).unwrap();
    lock.lock().unwrap();
    case.run(&DATE).expect(75, "is in use");
    assert_eq!(case.generations(), [1]);
    drop(lock);
    case.run(&DATE).expect(0, "generation 2");
}

#[test]
fn a_run_id_that_was_used() {
    let case = Case::small();
    case.run(&["--as-of", "2026-05-01", "--run-id", "nightly-1"]).expect(0, "published");
    case.run(&["--as-of", "2026-06-01", "--run-id", "nightly-1"]).expect(78, "run `nightly-1` exists already");
    assert_eq!(case.generations(), [1]);
}
