//! Plugins as files: the same bytes as linked in, found anywhere, hashed, and used in place of ours.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::case::Case;
use crate::published::Published;

/// The library of a shipped plugin, which Cargo builds with the program.
fn library(plugin: &str) -> PathBuf {
    let name = format!("lib{plugin}.so");
    let tests = std::env::current_exe().unwrap();
    // Beside this test program, or one directory up.
    let beside = tests.ancestors().skip(1).take(2).map(|directory| directory.join(&name));
    beside.into_iter().find(|path| path.is_file()).expect("Cargo builds the library with the program")
}

/// Copies libraries into a directory of the case, which holds nothing else.
fn install(case: &Case, directory: &str, plugins: &[&str]) {
    fs::create_dir(case.path(directory)).unwrap();
    for plugin in plugins {
        let from = library(plugin);
        fs::copy(&from, case.path(directory).join(from.file_name().unwrap())).unwrap();
    }
}

fn digest(path: &Path) -> String {
    Sha256::digest(fs::read(path).unwrap()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Two generations of the sample shop, so that models are fitted and then read again.
fn run(case: &Case, options: &[&str]) -> Published {
    for as_of in ["2026-05-01", "2026-06-01"] {
        let all = [&["--param", "out=./out", "--as-of", as_of], options].concat();
        case.run(&all).expect(0, "published");
    }
    Published::newest(case)
}

/// Digest of a plugin as the record of the run has it.
fn recorded<'a>(published: &'a Published, plugin: &str) -> &'a Value {
    let plugins = published.record["plugins"].as_array().unwrap();
    let pin = plugins.iter().find(|pin| pin["name"] == plugin).unwrap_or_else(|| panic!("{plugin} is not recorded"));
    &pin["sha256"]
}

fn tables(path: &str) -> bool {
    path.ends_with(".parquet")
}

#[test]
fn a_loaded_plugin_gives_the_bytes_of_the_linked_one() {
    let linked = run(&Case::retail(), &[]);
    assert!(linked.digests(tables).contains_key("segments/value.parquet"));
    for isolation in ["in-process", "process"] {
        let case = Case::retail();
        install(&case, "plugins", &["rfm"]);
        let loaded = run(&case, &["--plugin-dir", "plugins", "--isolation", isolation]);
        assert_eq!(recorded(&loaded, "rfm"), &digest(&library("rfm")));
        assert_ne!(recorded(&loaded, "rfm"), recorded(&linked, "rfm"));
        assert_eq!(loaded.digests(tables), linked.digests(tables), "{isolation}");
    }
}

#[test]
fn an_operator_that_wants_locked_plugins_gets_no_others() {
    let case = Case::small();
    install(&case, "elsewhere", &["kmeans"]);
    fs::write(case.path("policy.toml"), "policy_version = 1\nrequire = \"locked\"\n").unwrap();
    let mut environment = case.environment();
    environment.variables.insert("SEGMENTA_PLUGIN_POLICY".to_owned(), "policy.toml".to_owned());
    let call = |words: &[&str]| {
        let mut stderr = Vec::new();
        let words = ["segmenta"].iter().chain(words);
        let status = segmenta_cli::run(words, &mut Vec::new(), &mut stderr, &environment);
        (status, String::from_utf8(stderr).unwrap())
    };
    let wanted = ["run", "small.toml", "--as-of", "2026-06-01", "--plugin-dir", "elsewhere"];
    let (status, said) = call(&wanted);
    assert_eq!(status, 78, "{said}");
    assert!(said.contains("plugins.lock"), "{said}");
    let (status, said) = call(&["plugins", "lock", "elsewhere/libkmeans.so", "--level", "load"]);
    assert_eq!(status, 0, "{said}");
    let (status, said) = call(&wanted);
    assert_eq!(status, 0, "{said}");
    fs::copy(library("rfm"), case.path("elsewhere/librfm.so")).unwrap();
    assert_eq!(call(&wanted).0, 78, "one of two is not locked");
}

/// Skipped where there is no C compiler.
#[test]
fn a_plugin_that_crashes_ends_the_run_and_publishes_nothing() {
    let case = Case::bare();
    case.call(&["plugins", "new", "angry", "--lang", "c", "--out", "."]).expect(0, "angry.c");
    // A signal of its own making would not arrive: a child may not send any.
    case.edit("angry.c", "  (void)model;", "  *(volatile int*)0 = 1;\n  (void)model;");
    let Ok(made) = std::process::Command::new("make").arg("-C").arg(case.path(".")).output() else {
        eprintln!("skipped: there is no `make`");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let ran = case.call(&["run", "pipeline.toml", "--as-of", "2026-06-01", "--plugin-dir", "."]);
    ran.expect(70, "crashed in `apply` in rows 0..24: it was ended by SIGSEGV");
    assert!(case.generations().is_empty());
}

/// A new author's way in C, from `new` to a run; skipped where there is no C compiler.
#[test]
fn a_new_plugin_builds_passes_its_check_and_runs_in_a_pipeline() {
    let case = Case::bare();
    case.call(&["plugins", "new", "vip", "--lang", "c"]).expect(0, "vip/vip.c");
    let Ok(made) = std::process::Command::new("make").arg("-C").arg(case.path("vip")).output() else {
        eprintln!("skipped: there is no `make`");
        return;
    };
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let library = "vip/libvip.so";
    case.call(&["plugins", "check", library, "--rows", "vip/fixture.csv", "--level", "rows", "--quick"])
        .expect(0, "reached level rows");
    case.call(&["plugins", "test", library, "vip/cases"]).expect(0, "ok");
    case.call(&["run", "vip/pipeline.toml", "--as-of", "2026-06-01", "--plugin-dir", "vip"]).expect(0, "published");
}

#[test]
fn every_plugin_of_the_shop_may_be_a_file() {
    let linked = run(&Case::retail(), &[]);
    let case = Case::retail();
    let plugins = ["age_band", "kmeans", "rfm", "settlement"];
    install(&case, "ours", &plugins);
    let loaded = run(&case, &["--plugin-dir", "ours"]);
    for plugin in plugins {
        assert_eq!(recorded(&loaded, plugin), &digest(&library(plugin)), "{plugin}");
    }
    assert_eq!(loaded.digests(tables), linked.digests(tables));
}

#[test]
fn a_plugin_in_another_folder_is_found_hashed_and_run() {
    let case = Case::small();
    install(&case, "elsewhere", &["kmeans"]);
    case.call(&["plugins", "list", "--plugin-dir", "elsewhere"]).expect(0, "elsewhere/libkmeans.so");
    case.run(&["--as-of", "2026-06-01", "--plugin-dir", "elsewhere"]).expect(0, "published");
    let published = Published::newest(&case);
    assert_eq!(recorded(&published, "kmeans"), &digest(&case.path("elsewhere/libkmeans.so")));
    let criterion = &published.report()["criteria"][0];
    assert_eq!(criterion["plugin_sha256"]["value"], *recorded(&published, "kmeans"));
}

#[test]
fn the_pipeline_file_asks_for_a_library_pins_it_and_says_where_it_runs() {
    let case = Case::small();
    install(&case, "libraries", &["kmeans"]);
    let sha256 = digest(&case.path("libraries/libkmeans.so"));
    let table = |sha256: &str, isolation: &str| {
        let path = "libraries/libkmeans.so";
        format!("[plugins.kmeans]\npath = \"{path}\"\nsha256 = \"{sha256}\"\nisolation = \"{isolation}\"\n\n[params]")
    };
    let text = fs::read_to_string(case.path("small.toml")).unwrap();
    let write = |table: &str| case.write("small.toml", &text.replace("[params]", table));

    write(&table(&"0".repeat(64), "process"));
    let ran = case.run(&["--as-of", "2026-06-01"]);
    ran.expect(78, "error[pin-mismatch]");
    assert!(ran.stderr.contains("small.toml:5:1"), "{}", ran.stderr);

    for isolation in ["in-process", "process"] {
        write(&table(&sha256, isolation));
        case.run(&["--as-of", "2026-06-01", "--force"]).expect(0, "published");
        let pin = &Published::newest(&case).record["plugins"][0];
        assert_eq!((&pin["sha256"], &pin["isolation"]), (&json!(sha256), &json!(isolation)));
    }
    case.run(&["--as-of", "2026-06-01", "--force", "--isolation", "in-process"]).expect(0, "published");
    assert_eq!(Published::newest(&case).record["plugins"][0]["isolation"], "in-process");
}

#[test]
fn a_library_that_is_asked_for_and_missing_is_named_with_every_place() {
    let case = Case::small();
    case.edit("small.toml", "[params]", "[plugins.acme-tiers]\n\n[params]");
    let ran = case.run(&["--as-of", "2026-06-01"]);
    ran.expect(78, "error[not-found]");
    assert!(ran.stderr.contains("plugins/") && ran.stderr.contains("small.toml:5:1"), "{}", ran.stderr);
}

#[test]
fn a_model_that_is_too_old_is_fitted_warned_of_or_fails_the_run() {
    let case = Case::small();
    let key = "clusters = \"${params.clusters}\"";
    let policy = |on_stale: &str| format!("{key}\nrefit = \"never\"\nmax_age = \"1 month\"\non_stale = \"{on_stale}\"");
    let text = fs::read_to_string(case.path("small.toml")).unwrap();
    let write = |on_stale: &str| case.write("small.toml", &text.replace(key, &policy(on_stale)));
    let fitted_at = || Published::newest(&case).report()["criteria"][0]["fitted_at"]["value"].clone();

    write("fail");
    case.run(&["--as-of", "2026-05-01"]).expect(0, "published");
    case.run(&["--as-of", "2026-06-01"]).expect(0, "fitted at 2026-05-01, not due");
    let ran = case.run(&["--as-of", "2026-06-02"]);
    ran.expect(65, "fitted at 2026-05-01, older than `max_age`");
    assert!(ran.stderr.contains("small.toml"), "{}", ran.stderr);
    write("warn");
    case.run(&["--as-of", "2026-06-02"]).expect(0, "older than `max_age`");
    assert_eq!(fitted_at(), "2026-05-01");
    write("fit");
    case.run(&["--as-of", "2026-06-03"]).expect(0, "published");
    assert_eq!(fitted_at(), "2026-06-03");
}

#[test]
fn models_of_two_runs_are_compared_without_their_plugin() {
    let case = Case::small();
    let model = || Published::newest(&case).path("models/groups.model");
    case.run(&["--as-of", "2026-05-01"]).expect(0, "published");
    let before = model();
    case.run(&["--as-of", "2026-06-01", "--param", "clusters=2"]).expect(0, "published");
    let after = model();
    let (before, after) = (before.to_str().unwrap(), after.to_str().unwrap());
    case.call(&["plugins", "diff", before, before]).expect(0, "the models are equal");
    let compared = case.call(&["plugins", "diff", before, after, "--json"]);
    let changes: Value = serde_json::from_str(&compared.stdout).unwrap();
    let places: Vec<&str> = changes.as_array().unwrap().iter().map(|change| change["at"].as_str().unwrap()).collect();
    for (place, is_there) in [("/options", true), ("/inertia", true), ("/clusters/2", true), ("/criterion", false)] {
        assert_eq!(places.contains(&place), is_there, "{place}: {places:?}");
    }
    case.write("broken.model", "SEGMODL1");
    case.call(&["plugins", "diff", before, "broken.model"]).expect(78, "model");
}
