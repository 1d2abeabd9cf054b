//! What runs leave on disk: staging, publishing, holding, the run records and the history.
//!
//! A run writes its files where nobody looks, has them checked and synced, and then publishes all
//! of them with one exclusive create of a commit record. A reader opens the newest commit record
//! and then only files it names, so it sees one generation or the next and never a mixture,
//! whatever happens to the writer.
//!
//! ```text
//! <root>/as_of=2026-06-01/run=<id>/…   a generation: the files and their manifest.json
//! <root>/commits/<n>.json              the publish of generation n
//! <root>/current.json                  a hint to the newest commit; may lag, never leads
//! <root>/accepted.json                 the run a person accepted as baseline
//! <root>/runs/<id>/run.json            what happened in a run, whatever its outcome
//! <root>/_staging/run=<id>/            being written
//! <root>/_held/run=<id>/               complete, waiting for `release` or `discard`
//! <root>/_trash/                       being deleted
//! <root>/.lock                         locked by the process that runs
//! ```
//!
//! Wall-clock facts (start, end, timings, memory) are in `runs/`, outside the generation: the same
//! inputs give the same tables and models, byte for byte.
//!
//! # Example
//!
//! ```
//! use segmenta_store::{CommitFacts, Output, Store};
//!
//! # let dir = tempfile::tempdir()?;
//! # let root = dir.path().join("out");
//! let store = Store::open(&root)?;
//! let mut lock = store.lock("019745f0-0001")?;
//! let staging = lock.stage("2026-06-01")?;
//! std::fs::write(staging.path("segments/part-0.parquet")?, b"rows")?;
//! let sealed = staging.seal(&[Output::table("segments/part-0.parquet", "segments", 1)])?;
//! let facts = CommitFacts { pipeline: "retail".into(), ..CommitFacts::default() };
//! let commit = lock.publish(sealed, facts, "2026-06-01T05:00:00Z")?;
//!
//! assert_eq!(commit.generation, 1);
//! assert_eq!(store.history().current()?, Some(commit));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Deliberately absent: clocks (instants are passed in as text), async, and any listing of data
//! directories by readers. Object stores, leases and retention are not here yet.

#![warn(missing_docs)]

mod error;
mod failpoint;

mod disk;
mod json;
mod layout;

mod commit;
mod record;

mod history;
mod verify;

mod hold;
mod lock;
mod publish;
mod staging;
mod store;
mod sweep;

pub use commit::{Commit, CommitFacts, FileEntry, Held, Output};
pub use error::{Error, Result};
pub use failpoint::{Failpoints, Operation};
pub use history::{Accepted, History};
pub use lock::{Holder, RunLock};
pub use record::{Accounting, CheckRecord, Exit, InputPin, ModelPin, PluginPin, RunRecord, StageRecord, Status};
pub use staging::{Sealed, Staging};
pub use store::Store;
pub use verify::{Mismatch, Problem};
