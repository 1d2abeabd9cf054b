//! One test's own directory, clock and pipeline, and the program to run in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use segmenta_cli::Environment;

use crate::child;
use tempfile::TempDir;

/// When the tests take place.
pub(crate) const NOW: &str = "2026-07-15T08:00:00Z";

/// A pipeline in a directory of its own.
pub(crate) struct Case {
    directory: TempDir,
    pipeline: &'static str,
}

/// What one call of the program left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: u8,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Case {
    /// The sample shop: 2,000 customers.
    pub(crate) fn retail() -> Self {
        let case = Self::empty("retail.toml");
        let pipelines = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines");
        fs::copy(pipelines.join("retail.toml"), case.path("retail.toml")).unwrap();
        fs::create_dir_all(case.path("data/retail")).unwrap();
        for entry in fs::read_dir(pipelines.join("data/retail")).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, case.path("data/retail").join(path.file_name().unwrap())).unwrap();
        }
        case
    }

    /// A shipped pipeline without its data.
    pub(crate) fn shipped(pipeline: &'static str) -> Self {
        let case = Self::empty(pipeline);
        let pipelines = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipelines");
        fs::copy(pipelines.join(pipeline), case.path(pipeline)).unwrap();
        case
    }

    /// Forty customers in two text files and a pipeline that uses every stage; see `small.toml`.
    pub(crate) fn small() -> Self {
        let case = Self::empty("small.toml");
        case.write("small.toml", include_str!("small.toml"));
        let mut customers = "id,country,age\n".to_owned();
        let mut orders = "order,id,day,amount,cost\n".to_owned();
        for id in 1..=40 {
            customers += &format!("{id},{},{}\n", if id % 3 == 0 { "HU" } else { "PL" }, 18 + id);
            for order in 0..id % 5 {
                let (month, amount) = (1 + order, 10 * id + order);
                orders += &format!("{},{id},2026-0{month}-1{order},{amount}.50,{}.00\n", 10 * id + order, amount / 2);
            }
        }
        case.write("customers.csv", &customers);
        case.write("orders.csv", &orders);
        case
    }

    /// Nothing but a directory.
    pub(crate) fn bare() -> Self {
        Self::empty("")
    }

    fn empty(pipeline: &'static str) -> Self {
        Self { directory: tempfile::tempdir().unwrap(), pipeline }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap();
    }

    /// Replaces a part of a file that must be there.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        assert!(text.contains(from), "{from} is not in {name}");
        self.write(name, &text.replace(from, to));
    }

    /// Replaces a part of a file wherever it is.
    pub(crate) fn edit_if_there(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(name)).unwrap();
        self.write(name, &text.replace(from, to));
    }

    /// Name of the pipeline file.
    pub(crate) fn pipeline(&self) -> &'static str {
        self.pipeline
    }

    /// Calls the program in the case's directory.
    pub(crate) fn call(&self, arguments: &[&str]) -> Ran {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let words = ["segmenta"].iter().chain(arguments);
        let status = segmenta_cli::run(words, &mut stdout, &mut stderr, &self.environment());
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { status, stdout: text(stdout), stderr: text(stderr) }
    }

    /// `run` of the case's pipeline.
    pub(crate) fn run(&self, options: &[&str]) -> Ran {
        let mut arguments = vec!["run", self.pipeline];
        arguments.extend(options);
        self.call(&arguments)
    }

    pub(crate) fn environment(&self) -> Environment {
        let now = NOW.parse().unwrap();
        Environment {
            directory: self.directory.path().to_owned(),
            variables: BTreeMap::from([("USER".to_owned(), "ada".to_owned())]),
            now: Arc::new(move || now),
            stdout_is_terminal: false,
            stderr_is_terminal: false,
            plugin_host: child::plugin_host(),
            plugin_check: child::plugin_check(),
        }
    }

    /// Numbers of the generations that are published in `out`.
    pub(crate) fn generations(&self) -> Vec<u64> {
        let Ok(entries) = fs::read_dir(self.path("out/commits")) else { return Vec::new() };
        let number = |path: PathBuf| path.file_stem()?.to_str()?.parse().ok();
        let mut generations: Vec<u64> = entries.filter_map(|entry| number(entry.unwrap().path())).collect();
        generations.sort_unstable();
        generations
    }

    /// The text with the case's directory as `[case]` and run ids as `[run]`.
    pub(crate) fn filtered(&self, text: &str) -> String {
        let directory = self.directory.path().to_str().unwrap();
        without_run_ids(&text.replace(directory, "[case]"))
    }
}

impl Ran {
    /// Fails unless the program ended with this status and said this.
    #[track_caller]
    pub(crate) fn expect(&self, status: u8, said: &str) -> &Self {
        assert_eq!(self.status, status, "{}", self.stderr);
        assert!(self.stderr.contains(said) || self.stdout.contains(said), "no `{said}` in:\n{}", self.stderr);
        self
    }
}

/// Replaces every UUID.
fn without_run_ids(text: &str) -> String {
    const LENGTH: usize = 36;
    let is_uuid = |part: &str| {
        part.len() == LENGTH
            && part.chars().enumerate().all(|(at, c)| match at {
                8 | 13 | 18 | 23 => c == '-',
                _ => c.is_ascii_hexdigit(),
            })
    };
    let mut filtered = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.get(..LENGTH) {
            Some(part) if is_uuid(part) => {
                filtered.push_str("[run]");
                rest = &rest[LENGTH..];
            }
            _ => {
                filtered.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    filtered
}
