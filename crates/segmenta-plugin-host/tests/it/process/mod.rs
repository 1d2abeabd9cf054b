//! Plugins in processes of their own: the same as in the runner's, and safe from what they do.

mod hostile;
mod leftovers;
mod log;
mod memory;
mod misdeeds;
mod same;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use segmenta_plugin_host::process::{Launcher, Settings, serve};
use segmenta_plugin_host::{Instance, LibraryFile, Limits, Registry, Result};
use serde_json::Value;

use crate::{bound, integers};

const CHILD: &str = "SEGMENTA_PLUGIN_CHILD";

/// The child that the tests of this module start; does nothing when it is run as a test.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_some() {
        serve(0);
    }
}

/// How children are started here: this test program again.
fn settings() -> Settings {
    let arguments = ["process::child", "--exact", "--nocapture", "--test-threads=1"];
    let launcher = Launcher {
        program: std::env::current_exe().unwrap(),
        arguments: arguments.map(Into::into).to_vec(),
        environment: vec![(CHILD.into(), "1".into())],
    };
    let (start, grace) = (Duration::from_secs(20), Duration::from_millis(300));
    Settings { launcher, children: 1, start, grace, memory: 512 << 20, ..Settings::default() }
}

/// A library that Cargo builds beside these tests.
fn library(name: &str) -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let directories = tests.ancestors().skip(1).take(2).flat_map(|dir| [dir.to_owned(), dir.join("examples")]);
    let mut found = directories.map(|dir| dir.join(format!("lib{name}.so")));
    found
        .find(|path| path.is_file())
        .expect("Cargo builds it with the tests; where tests are filtered, `cargo build --examples` does")
}

/// A registry with one library in processes of its own.
fn isolated(name: &str, settings: &Settings) -> Registry {
    let mut registry = Registry::default();
    registry.add_isolated(&LibraryFile::read(&library(name)).unwrap(), settings).unwrap();
    registry
}

/// `criterion` of the library `deeds`, with 5 s for each call.
fn deed(criterion: &str, params: &Value, settings: &Settings) -> Result<Arc<Instance>> {
    let mut registry = isolated("deeds", settings);
    let time = Some(Duration::from_secs(5));
    registry.limit("deeds", Limits { create: time, fit: time, apply: time, ..Limits::default() }).unwrap();
    bound(&registry, criterion, params, &integers("x", vec![]))
}

/// The tests of this module look at the processes of this program, so they run one after the other.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}
