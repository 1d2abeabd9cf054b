//! From a source's path to the files it means, pinned.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use globset::GlobBuilder;
use serde::Serialize;

use crate::error::{Error, Result};

/// What identifies a file's content for the length of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pin {
    /// The file, relative to the source's path.
    pub file: String,
    /// Where it was found.
    #[serde(skip)]
    pub path: PathBuf,
    /// Bytes.
    pub size: u64,
    /// Last change, nanoseconds since 1970.
    #[serde(skip)]
    pub modified_ns: u128,
    /// The file's number on its volume; 0 where there is none.
    #[serde(skip)]
    pub inode: u64,
}

impl Pin {
    fn new(file: String, path: &Path, metadata: &Metadata) -> Self {
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            file,
            path: path.to_owned(),
            size: metadata.len(),
            modified_ns: modified.map_or(0, |since| since.as_nanos()),
            inode: inode(metadata),
        }
    }

    /// Opens the file if it still is the one that was pinned.
    pub(crate) fn open(&self) -> Result<File> {
        let file = File::open(&self.path).map_err(failed("open", &self.path))?;
        let metadata = file.metadata().map_err(failed("inspect", &self.path))?;
        self.compare(&metadata)?;
        Ok(file)
    }

    /// # Errors
    /// The file is gone, or differs in size, time or identity.
    pub(crate) fn check(&self) -> Result<()> {
        let metadata = fs::metadata(&self.path).map_err(failed("inspect", &self.path))?;
        self.compare(&metadata)
    }

    fn compare(&self, metadata: &Metadata) -> Result<()> {
        if *self == Self::new(self.file.clone(), &self.path, metadata) {
            return Ok(());
        }
        Err(Error::Changed { path: self.path.clone() })
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

/// One file of a source.
#[derive(Debug, Clone)]
pub(crate) struct InputFile {
    pub(crate) pin: Pin,
    /// `key=value` parts of the path below the source's path; null for Hive's default partition.
    pub(crate) partitions: BTreeMap<String, Option<String>>,
}

/// The files a path means, sorted by their name: itself, the matches of a glob, or everything below
/// a directory whose name does not start with `.` or `_`.
///
/// # Errors
/// Nothing is there, or it cannot be listed.
pub(crate) fn resolve(source_name: &str, pattern: &str) -> Result<Vec<InputFile>> {
    let path = Path::new(pattern);
    let mut files = match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => below(path, &|_| true)?,
        Ok(metadata) => vec![input_file(path.parent().unwrap_or(path), path, &metadata)],
        Err(_) if is_glob(pattern) => matching(source_name, pattern)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(failed("inspect", path)(error)),
    };
    if files.is_empty() {
        return Err(Error::NoFiles { source_name: source_name.to_owned(), pattern: pattern.to_owned() });
    }
    files.sort_by(|a, b| a.pin.file.cmp(&b.pin.file));
    Ok(files)
}

fn is_glob(text: &str) -> bool {
    text.contains(['*', '?', '[', '{'])
}

fn matching(source_name: &str, pattern: &str) -> Result<Vec<InputFile>> {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build().map_err(|source| Error::Glob {
        source_name: source_name.to_owned(),
        pattern: pattern.to_owned(),
        source,
    })?;
    let matcher = glob.compile_matcher();
    let base: PathBuf =
        Path::new(pattern).components().take_while(|part| !part.as_os_str().to_str().is_some_and(is_glob)).collect();
    let here = Path::new(".");
    let start = if base.as_os_str().is_empty() { here } else { &base };
    if !start.is_dir() {
        return Ok(Vec::new());
    }
    below(start, &|path| matcher.is_match(path.strip_prefix(here).unwrap_or(path)))
}

fn below(base: &Path, wanted: &dyn Fn(&Path) -> bool) -> Result<Vec<InputFile>> {
    let mut files = Vec::new();
    let mut directories = vec![base.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).map_err(failed("list", &directory))? {
            let entry = entry.map_err(failed("list", &directory))?;
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with(['.', '_']) {
                continue;
            }
            if entry.file_type().map_err(failed("inspect", &path))?.is_dir() {
                directories.push(path);
                continue;
            }
            let metadata = fs::metadata(&path).map_err(failed("inspect", &path))?;
            if metadata.is_file() && wanted(&path) {
                files.push(input_file(base, &path, &metadata));
            }
        }
    }
    Ok(files)
}

fn input_file(base: &Path, path: &Path, metadata: &Metadata) -> InputFile {
    let relative = path.strip_prefix(base).unwrap_or(path);
    let parts: Vec<_> = relative.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    let directories = &parts[..parts.len().saturating_sub(1)];
    let partitions = directories.iter().filter_map(|part| part.split_once('=')).map(|(key, value)| {
        let value = (value != HIVE_NULL).then(|| percent_decoded(value));
        (percent_decoded(key), value)
    });
    InputFile { pin: Pin::new(parts.join("/"), path, metadata), partitions: partitions.collect() }
}

/// How Hive and its heirs spell a null partition value.
const HIVE_NULL: &str = "__HIVE_DEFAULT_PARTITION__";

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        match code.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}

/// Names the path and the operation in an I/O error.
pub(crate) fn failed(operation: &'static str, path: &Path) -> impl Fn(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { operation, path: path.clone(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for name in ["y=2/b.csv", "y=1/a.csv", "y=1/_SUCCESS", ".hidden/x.csv", "y=1/notes.txt"] {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, name).unwrap();
        }
        directory
    }

    fn names(pattern: &Path) -> Vec<String> {
        let files = resolve("s", pattern.to_str().unwrap()).unwrap();
        files.into_iter().map(|file| file.pin.file).collect()
    }

    #[test]
    fn a_directory_is_read_in_the_order_of_names_without_hidden_files() {
        assert_eq!(names(tree().path()), ["y=1/a.csv", "y=1/notes.txt", "y=2/b.csv"]);
    }

    #[test]
    fn a_glob_keeps_only_its_matches() {
        assert_eq!(names(&tree().path().join("*/*.csv")), ["y=1/a.csv", "y=2/b.csv"]);
    }

    #[test]
    fn nothing_found_is_an_error_that_names_the_pattern() {
        let error = resolve("orders", "/nowhere/*.csv").unwrap_err();
        assert_eq!(error.to_string(), "source `orders`: no file matches `/nowhere/*.csv`");
    }

    #[test]
    fn partition_values_are_decoded() {
        let path = Path::new("/base/country=C%C3%B4te/y=__HIVE_DEFAULT_PARTITION__/a.csv");
        let file = input_file(Path::new("/base"), path, &fs::metadata("/").unwrap());
        assert_eq!(file.partitions["country"].as_deref(), Some("Côte"));
        assert_eq!(file.partitions["y"], None);
    }

    #[test]
    fn a_changed_file_is_noticed() {
        let directory = tree();
        let path = directory.path().join("y=1/a.csv");
        let files = resolve("s", path.to_str().unwrap()).unwrap();
        files[0].pin.check().unwrap();
        fs::write(&path, "longer than before").unwrap();
        assert!(matches!(files[0].pin.check(), Err(Error::Changed { .. })));
    }
}
