//! Plugins built by the compiler itself, as an author would.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use segmenta_plugin_host::Registry;
use segmenta_plugin_sdk::prelude::arrow_array::RecordBatch;
use segmenta_plugin_sdk::prelude::arrow_array::cast::AsArray;
use segmenta_plugin_sdk::prelude::{ArrayRef, Float64Array, json};

/// A source and how it is built.
pub(crate) struct Build<'a> {
    pub(crate) name: &'a str,
    pub(crate) source: &'a str,
    pub(crate) kind: &'a str,
    pub(crate) emit: &'a str,
    pub(crate) flags: &'a [&'a str],
}

/// What came of a build.
pub(crate) struct Built {
    pub(crate) works: bool,
    /// One line per error: file, line, column, message.
    pub(crate) errors: String,
    pub(crate) file: PathBuf,
}

impl<'a> Build<'a> {
    /// Types and constants only.
    pub(crate) fn check(source: &'a str) -> Self {
        Self { name: "check", source, kind: "lib", emit: "metadata", flags: &[] }
    }
}

/// The kit as Cargo built it for this test; the newest, if there are several.
fn kit() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let is_kit = |path: &Path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with("libsegmenta_plugin_sdk-") && name.ends_with(".rlib")
    };
    let files = std::fs::read_dir(tests.parent().unwrap()).unwrap().map(|entry| entry.unwrap().path());
    let kits = files.filter(|path| is_kit(path));
    kits.max_by_key(|path| path.metadata().unwrap().modified().unwrap()).expect("Cargo built the kit for this test")
}

/// Runs the compiler that Cargo ran.
pub(crate) fn compile(build: &Build<'_>) -> Built {
    // Each test has its own folder: one must not read what another is writing.
    let thread = std::thread::current();
    let test = thread.name().expect("tests run in threads of their name").replace("::", "-");
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    std::fs::create_dir_all(&directory).unwrap();
    let (source, kit) = (directory.join(format!("{}.rs", build.name)), kit());
    std::fs::write(&source, build.source).unwrap();
    let extension = if build.emit == "link" { std::env::consts::DLL_EXTENSION } else { "rmeta" };
    let file = directory.join(format!("lib{}.{extension}", build.name));
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc)
        .args(["--edition=2024", "--error-format=short", "-Aunused", "-Cstrip=symbols"])
        .args(["--crate-name", build.name, "--crate-type", build.kind])
        .arg(format!("--emit={}", build.emit))
        .args(build.flags)
        .arg("-L")
        .arg(format!("dependency={}", kit.parent().unwrap().display()))
        .arg("--extern")
        .arg(format!("segmenta_plugin_sdk={}", kit.display()))
        .arg("-o")
        .arg(&file)
        .arg(&source)
        .env("CARGO_CRATE_NAME", build.name)
        .env("CARGO_PKG_NAME", build.name.replace('_', "-"))
        .env("CARGO_PKG_VERSION", "0.1.0")
        .output()
        .unwrap();
    Built { works: output.status.success(), errors: String::from_utf8_lossy(&output.stderr).into_owned(), file }
}

/// A whole library.
const WHOLE: &str = r#"#![deny(unsafe_code)]
use segmenta_plugin_sdk::prelude::*;

/// Customers whose revenue reaches a threshold.
#[criterion(name = "vip")]
fn vip(revenue: Option<f64>, #[param(default = 1000.0, min = 0.0)] threshold: f64) -> Option<bool> {
    Some(revenue? >= threshold)
}

export_plugin!(vip);
"#;

/// A criterion that learns from all rows.
const DECILES: &str = r#"#![deny(unsafe_code)]
//! Tenths of the customers by one value, from the lowest to the highest.
use segmenta_plugin_sdk::prelude::*;

#[options]
pub struct Options {}

/// The values that end the tenths but the last.
#[stored]
pub struct Ends(Vec<f64>);

pub struct Deciles;

impl Fitted for Deciles {
    const NAME: &'static str = "deciles";
    const SUMMARY: &'static str = "Tenths of the customers by one value.";
    type Params = Options;
    type Partial = Vec<f64>;
    type Carry = ();
    type Model = Ends;

    fn inputs() -> Vec<Input> {
        vec![Input::new("value", &[Type::Float64]).nullable().describe("What orders them.")]
    }
    fn bind(_: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        let labels = (1..=10).map(|tenth| tenth.to_string()).collect();
        Ok((Self, Outputs::label(Some(labels))))
    }
    fn begin(&self, _: &FitCx<'_, ()>) -> Result<Vec<f64>> {
        Ok(Vec::new())
    }
    fn update(&self, part: &mut Vec<f64>, batch: &Batch, _: &FitCx<'_, ()>) -> Result<()> {
        part.extend(batch.f64("value")?.iter().flatten().filter(|value| !value.is_nan()));
        part.sort_unstable_by(f64::total_cmp);
        Ok(())
    }
    fn merge(&self, into: &mut Vec<f64>, other: Vec<f64>) -> Result<()> {
        into.extend(other);
        into.sort_unstable_by(f64::total_cmp);
        Ok(())
    }
    fn finish(&self, part: Vec<f64>, _: &FitCx<'_, ()>) -> Result<Step<(), Ends>> {
        let last = part.len().checked_sub(1).ok_or_else(|| Error::rows("there are no values"))?;
        Ok(Step::Done(Ends((1..10).map(|tenth| part[last * tenth / 10]).collect())))
    }
    fn apply(&self, model: &Ends, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let tenth = |value| (model.0.partition_point(|end| *end < value) + 1).to_string();
        let tenths: StringArray = batch.f64("value")?.iter().map(|value| value.map(tenth)).collect();
        Ok(vec![Arc::new(tenths)])
    }
    fn describe_model(&self, model: &Ends) -> Value {
        json!({"ends": model.0})
    }
}
export_plugin!(Deciles);
"#;

#[test]
fn a_whole_fitted_library_in_sixty_lines_learns_and_answers() {
    assert!(DECILES.lines().filter(|line| !line.is_empty()).count() <= 60);
    let built = compile(&Build { name: "deciles", source: DECILES, kind: "cdylib", emit: "link", flags: &[] });
    assert!(built.works, "{}", built.errors);
    let mut registry = Registry::default();
    registry.add_file(&built.file).unwrap();
    let leaf = |values: Vec<f64>| {
        let column: ArrayRef = Arc::new(Float64Array::from(values));
        RecordBatch::try_from_iter([("value", column)]).unwrap()
    };
    // 0 to 100 in two parts: the tenths end at 10, 20 … 90.
    let leaves = [leaf((0..50).rev().map(f64::from).collect()), leaf((50..=100).map(f64::from).collect())];
    let deciles = registry.bind("deciles", &json!({}), 0, &leaves[0].schema()).unwrap();
    let model = deciles.load_model(&deciles.fit(&leaves, 1).unwrap().bytes).unwrap();
    let ends: Vec<f64> = (1..10).map(|tenth| f64::from(tenth) * 10.0).collect();
    assert_eq!(model.describe().unwrap(), json!({"ends": ends}));
    let answered = deciles.apply(Some(&model), &leaf(vec![-5.0, 10.0, 10.5, 100.0])).unwrap();
    let labels: Vec<_> = answered.column(0).as_string::<i32>().iter().flatten().collect();
    assert_eq!(labels, ["1", "1", "2", "10"]);
}

#[test]
fn a_whole_library_in_twelve_lines_is_loaded_and_answers() {
    assert!(WHOLE.lines().filter(|line| !line.is_empty()).count() <= 12);
    let build = Build { name: "acme_vip", source: WHOLE, kind: "cdylib", emit: "link", flags: &[] };
    let built = compile(&build);
    assert!(built.works, "{}", built.errors);
    let mut registry = Registry::default();
    let plugin = registry.add_file(&built.file).unwrap();
    assert_eq!((plugin.name(), plugin.version()), ("acme-vip", "0.1.0"));
    let revenue: ArrayRef = Arc::new(Float64Array::from(vec![Some(2_000.0), Some(1.0), None]));
    let batch = RecordBatch::try_from_iter([("revenue", revenue)]).unwrap();
    let vip = registry.bind("vip", &json!({}), 0, &batch.schema()).unwrap();
    let answered = vip.apply(None, &batch).unwrap();
    let labels: Vec<_> = answered.column(0).as_string::<i32>().iter().collect();
    assert_eq!(labels, [Some("yes"), Some("no"), None]);
}
