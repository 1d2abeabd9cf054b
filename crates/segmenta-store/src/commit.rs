//! Generations: what is published and what is held.

use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::disk::Disk;
use crate::error::Result;
use crate::json::{self, FORMAT};
use crate::layout::{Layout, MANIFEST};

/// A file a run says it wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Relative to the generation, with `/`: `segments/part-0.parquet`.
    pub path: String,
    /// Dataset it belongs to: `segments`.
    pub dataset: String,
    /// Rows it holds; `None` for what has no rows, such as a report page.
    pub rows: Option<u64>,
}

impl Output {
    /// A file with rows.
    pub fn table(path: impl Into<String>, dataset: impl Into<String>, rows: u64) -> Self {
        Self { path: path.into(), dataset: dataset.into(), rows: Some(rows) }
    }

    /// A file without rows.
    pub fn document(path: impl Into<String>, dataset: impl Into<String>) -> Self {
        Self { path: path.into(), dataset: dataset.into(), rows: None }
    }
}

/// A file of a generation, as it was read back before publishing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Relative to the generation, with `/`.
    pub path: String,
    /// Dataset it belongs to.
    pub dataset: String,
    /// Rows it holds, when it holds rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Size.
    pub bytes: u64,
    /// Digest of the bytes, lower-case hexadecimal.
    pub sha256: String,
}

/// `manifest.json` of a generation: what is in it. Holds no wall-clock fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) format: u32,
    pub(crate) run_id: String,
    pub(crate) as_of: String,
    pub(crate) files: Vec<FileEntry>,
}

/// What the caller knows about a run when it is published or held.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CommitFacts {
    /// Name of the pipeline.
    pub pipeline: String,
    /// Digest of everything the result depends on; equal fingerprints mean equal files.
    pub fingerprint: String,
    /// Version of the segment definitions.
    pub definition_version: String,
    /// Sections added later; those of newer programs are kept as they are.
    #[serde(flatten)]
    pub sections: Map<String, Value>,
}

/// One published generation: `commits/<n>.json`. Never changed once it exists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Commit {
    /// Format of the record, 1.
    pub format: u32,
    /// 1 for the first publish, then one more each.
    pub generation: u64,
    /// The run that made it.
    pub run_id: String,
    /// The run's `as_of`, as text.
    pub as_of: String,
    /// When it was published, as the caller said.
    pub published_at: String,
    /// Who released it, when it had been held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_by: Option<String>,
    /// Its directory relative to the root, with `/`.
    pub directory: String,
    /// Every file, by path; the manifest is among them.
    pub files: Vec<FileEntry>,
    /// Pipeline, fingerprint, definition version.
    #[serde(flatten)]
    pub facts: CommitFacts,
}

impl Commit {
    /// The files of one dataset, by path.
    pub fn dataset<'a>(&'a self, dataset: &'a str) -> impl Iterator<Item = &'a FileEntry> {
        self.files.iter().filter(move |file| file.dataset == dataset)
    }

    pub(crate) fn new(generation: u64, contents: Contents, facts: CommitFacts, published_at: &str) -> Self {
        Self {
            format: FORMAT,
            generation,
            directory: Layout::generation(&contents.as_of, &contents.run_id),
            run_id: contents.run_id,
            as_of: contents.as_of,
            published_at: published_at.to_owned(),
            released_by: None,
            files: contents.files,
            facts,
        }
    }
}

/// A complete, synced and digested generation that is not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents {
    pub(crate) run_id: String,
    pub(crate) as_of: String,
    pub(crate) files: Vec<FileEntry>,
}

/// A held run: complete, but a check failed. `hold.json` of its directory.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Held {
    /// Format of the record, 1.
    pub format: u32,
    /// The run.
    pub run_id: String,
    /// The run's `as_of`, as text.
    pub as_of: String,
    /// When it was held, as the caller said.
    pub held_at: String,
    /// Why, one sentence each.
    pub reasons: Vec<String>,
    /// Every file, by path; the manifest is among them.
    pub files: Vec<FileEntry>,
    /// What the commit will say.
    #[serde(flatten)]
    pub facts: CommitFacts,
}

impl Held {
    pub(crate) fn contents(&self) -> Contents {
        Contents { run_id: self.run_id.clone(), as_of: self.as_of.clone(), files: self.files.clone() }
    }
}

impl Manifest {
    /// Writes the manifest into `directory` and returns its own entry.
    pub(crate) fn write(&self, disk: &Disk, directory: &Path) -> Result<FileEntry> {
        let path = directory.join(MANIFEST);
        disk.write_new(&path, &json::text(&path, self)?)?;
        let read_back = disk.fingerprint(&path)?;
        Ok(FileEntry {
            path: MANIFEST.to_owned(),
            dataset: "manifest".to_owned(),
            rows: None,
            bytes: read_back.bytes,
            sha256: read_back.sha256,
        })
    }
}
