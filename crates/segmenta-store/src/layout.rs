//! Where things lie below the root, and which names are allowed.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};

/// Prefix of a run's directory.
pub(crate) const RUN: &str = "run=";
/// Prefix of the directory of one `as_of`.
pub(crate) const AS_OF: &str = "as_of=";
/// In a generation: its files, bytes and digests.
pub(crate) const MANIFEST: &str = "manifest.json";
/// In a held generation: why it is held.
pub(crate) const HOLD: &str = "hold.json";

/// The paths below one root.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_path_buf() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join(".lock")
    }

    pub(crate) fn current(&self) -> PathBuf {
        self.root.join("current.json")
    }

    pub(crate) fn accepted(&self) -> PathBuf {
        self.root.join("accepted.json")
    }

    pub(crate) fn commits(&self) -> PathBuf {
        self.root.join("commits")
    }

    pub(crate) fn commit(&self, generation: u64) -> PathBuf {
        self.commits().join(format!("{generation}.json"))
    }

    pub(crate) fn runs(&self) -> PathBuf {
        self.root.join("runs")
    }

    pub(crate) fn run(&self, run_id: &str) -> PathBuf {
        self.runs().join(run_id)
    }

    pub(crate) fn record(&self, run_id: &str) -> PathBuf {
        self.run(run_id).join("run.json")
    }

    pub(crate) fn staging(&self) -> PathBuf {
        self.root.join("_staging")
    }

    pub(crate) fn staged(&self, run_id: &str) -> PathBuf {
        self.staging().join(format!("{RUN}{run_id}"))
    }

    pub(crate) fn held(&self) -> PathBuf {
        self.root.join("_held")
    }

    pub(crate) fn held_run(&self, run_id: &str) -> PathBuf {
        self.held().join(format!("{RUN}{run_id}"))
    }

    pub(crate) fn trash(&self) -> PathBuf {
        self.root.join("_trash")
    }

    /// A generation's directory, relative to the root.
    pub(crate) fn generation(as_of: &str, run_id: &str) -> String {
        format!("{AS_OF}{as_of}/{RUN}{run_id}")
    }
}

/// Run ids name directories: letters, digits, `.`, `_`, `-`; at most 128; no leading dot.
pub(crate) fn check_run_id(run_id: &str) -> Result<()> {
    check_name("run id", run_id, "._-")
}

/// As run ids, with `:` and `+` for instants.
pub(crate) fn check_as_of(as_of: &str) -> Result<()> {
    check_name("as_of", as_of, "._-:+")
}

fn check_name(what: &'static str, text: &str, marks: &str) -> Result<()> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
    if text.is_empty() || text.len() > 128 || text.starts_with('.') || !text.chars().all(allowed) {
        return Err(Error::Name { what, text: text.to_owned() });
    }
    Ok(())
}

/// Paths in a generation are relative, with `/`, without `.` and `..`, and not one of our own.
pub(crate) fn check_relative(path: &str) -> Result<()> {
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    let rebuilt: PathBuf = Path::new(path).components().collect();
    let usable = !path.is_empty()
        && rebuilt.to_str() == Some(path)
        && rebuilt.components().all(plain)
        && ![MANIFEST, HOLD].contains(&path);
    if usable { Ok(()) } else { Err(Error::Name { what: "path", text: path.to_owned() }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_leave_the_root_are_refused() {
        for path in ["", "/etc/passwd", "../x", "a/../../x", "./a", "a//b", "a/", "manifest.json"] {
            assert!(check_relative(path).is_err(), "{path}");
        }
        for path in ["a", "segments/part-0.parquet", "drift/manifest.json", "é/ü"] {
            assert!(check_relative(path).is_ok(), "{path}");
        }
    }

    #[test]
    fn run_ids_are_plain_words() {
        for run_id in ["", ".", "..", ".hidden", "a/b", "a b", "a\n", &"x".repeat(129)] {
            assert!(check_run_id(run_id).is_err(), "{run_id}");
        }
        assert!(check_run_id("01973d0c-7b2e-7cc3-9f52-8e2f4c8d0f11").is_ok());
        assert!(check_as_of("2026-06-01T05:00:00+02:00").is_ok());
    }
}
