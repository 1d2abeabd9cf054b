//! What stands behind the commands for authors of criteria plugins: everything but reading arguments
//! and printing.
//!
//! [`check`] looks at a library level by level and gives a [`Report`]:
//!
//! ```
//! use segmenta_plugin_check::{Effort, Fixture, Level, Options, Target, check};
//!
//! // Or `Target::File("target/release/libsettlement.so".into())`.
//! let target = Target::Linked(settlement::linked());
//! let fixture = Fixture::params(serde_json::json!({"cuts": {"rural": 5_000, "town": 50_000}}));
//! let options = Options { fixtures: vec![fixture], effort: Effort::Quick, ..Options::default() };
//! let report = check(&target, Level::Rows, &options);
//! assert_eq!(report.reached(), Some(Level::Rows), "{}", report.text());
//! ```
//!
//! | Level | What is looked at |
//! |---|---|
//! | `static` | the file: note, symbols, needed libraries and glibc, stack, thread-local memory, imports |
//! | `load` | linker, table, `describe` twice; older, newer, shorter and longer hosts, each in a child |
//! | `contract` | outputs, every option and its bounds, every type, columns moved, added and missing, reasons; that rows and process are left alone |
//! | `data` | counts of rows, shares of nulls, odd values |
//! | `rows` | repetition, other batches, other orders, rows between; as alike as the criterion declares |
//! | `fit` | the laws of merging, edges, models as bytes, damaged models |
//! | `stress` | threads against one, limits of time and memory, threads of its own, leaks; cancelled runs, each in a child |
//! | `process` | the same in a process of its own, also after it was killed at its work |
//! | `bench` | speed |
//!
//! Deliberately absent: arguments, printing, and the sandbox that a stranger's library runs in.
#![warn(missing_docs)]

mod check;
mod error;
mod laws;
mod options;
mod render;
mod report;

mod bench;
mod cases;
mod child;
mod csv_rows;
mod describe;
mod json_rows;
mod model_diff;
mod pack;
mod page;
mod run;
mod template;

mod batches;
mod generate;
mod levels;
mod no_op;
mod params;
mod subject;

pub use segmenta_plugin_host::process::{Launcher, Replay, Settings, replay};
pub use segmenta_plugin_host::{CheckLevel as Level, Linked, Lock, Registry};

pub use bench::{Bench, Parallel, Speed, bench};
pub use cases::{Bless, CaseResult, assert_cases, cases};
pub use check::check;
pub use child::child_main;
pub use csv_rows::read as read_csv;
pub use describe::{described, described_criterion};
pub use error::{Error, Result};
pub use json_rows::rows as json_rows;
pub use laws::assert_laws;
pub use model_diff::{Change, differences, model_diff};
pub use options::{AS_OF_US, Child, Effort, Fixture, FixtureRows, Options, Target};
pub use pack::{lock, pack, pack_archive};
pub use page::page;
pub use report::{Difference, Finding, Outcome, Report};
pub use run::{Applied, Explain, run};
pub use template::{Kind, Lang, Sdk, new};
