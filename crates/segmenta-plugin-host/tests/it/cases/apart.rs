//! Cases whose end in a process of its own depends on how rows get there and on the limits of the process.
//! What must hold is the same either way: it is contained. Everything else is run there by the tests of
//! processes.

use std::time::Duration;

use segmenta_plugin_host::process::{Launcher, Settings, serve};
use segmenta_plugin_host::{LibraryFile, Limits, Registry};
use serde_json::json;

use super::Expect::Works;
use super::Step::Apply;
use super::{Case, build};
use crate::{assert_still_works, bound, integers};

const CHILD: &str = "SEGMENTA_CASE_CHILD";

/// The cases, with what must come of them in the runner's own process.
pub(crate) const HERE: &[Case] = &[
    // The plugin has copies of its own.
    Case::new("A16", "input-written", Apply, Works),
    Case::new("R05", "call-files", Apply, Works),
];

/// The process that the test below starts; does nothing when it is run as a test.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_some() {
        serve(0);
    }
}

#[test]
fn a_plugin_that_writes_to_its_rows_or_takes_all_descriptors_harms_its_own_process_only() {
    if !build::has_compiler() {
        return;
    }
    for case in HERE {
        // The larger batch is one that both processes map.
        for count in [3, 100_000] {
            let built = build::library(&format!("{}-apart", case.name), case.name, case.flags);
            built.forget_mark();
            let came = contained(&built, count);
            assert!(built.was_marked(case.name), "{}: the bad path was not reached", case.name);
            assert!(["works", "crash", "protocol", "resource"].contains(&came), "{}: {came}", case.name);
            assert_still_works();
        }
    }
}

/// What comes of `count` rows, which must be the same afterwards.
fn contained(built: &build::Built, count: i64) -> &'static str {
    let rows = || integers("x", (0..count).map(Some).collect());
    let registry = isolated(built);
    let instance = bound(&registry, "hostile", &json!({}), &rows()).unwrap();
    let batch = rows();
    let came = instance.apply(None, &batch);
    assert_eq!(batch, rows(), "the runner's rows were written to");
    came.map_or_else(|error| error.code(), |_| "works")
}

fn isolated(built: &build::Built) -> Registry {
    let arguments = ["cases::apart::child", "--exact", "--nocapture", "--test-threads=1"];
    let launcher = Launcher {
        program: std::env::current_exe().unwrap(),
        arguments: arguments.map(Into::into).to_vec(),
        environment: vec![(CHILD.into(), "1".into())],
    };
    // The mark is a file outside of the plugin's own directory.
    let settings = Settings { launcher, children: 1, confined: false, memory: 4 << 30, ..Settings::default() };
    let mut registry = Registry::default();
    registry.add_isolated(&LibraryFile::read(&built.library).unwrap(), &settings).unwrap();
    let time = Some(Duration::from_secs(10));
    registry.limit("hostile", Limits { create: time, apply: time, ..Limits::default() }).unwrap();
    registry
}
