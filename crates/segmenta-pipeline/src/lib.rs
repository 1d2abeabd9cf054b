//! Pipeline files: TOML text in, a checked [`Pipeline`] out, or every mistake of the file at once.
//!
//! Nothing is opened, loaded or run. What plugins exist is asked of a [`Catalog`]; whether files
//! are there and columns have the types their expressions need is found out by the engine.
//!
//! ```
//! use segmenta_pipeline::{OpenCatalog, ReadOptions, read};
//! use std::path::Path;
//!
//! let options = ReadOptions {
//!     directory: Path::new("pipelines"),
//!     params: &[],
//!     env: &|_| None,
//!     catalog: &OpenCatalog,
//! };
//! let (pipeline, problems) = read("[pipeline]\nname = \"shop\"\n", &options);
//! assert!(pipeline.is_none());
//! assert_eq!(problems[0].message, "`[pipeline]` has no `edition`");
//! ```
#![warn(missing_docs)]

mod catalog;
mod code;
mod diagnostic;
pub mod model;

mod fields;
mod fingerprint;
mod names;
mod quantity;
mod scope;
mod sql;
mod substitute;
mod suggest;
mod tree;

mod check;
mod read;

pub use catalog::{
    BindError, Bound, BoundColumn, BoundInput, Catalog, CriterionInfo, InputInfo, OpenCatalog, OutputInfo,
};
pub use code::Code;
pub use diagnostic::{Diagnostic, Label, Severity};
pub use model::Pipeline;
pub use read::{ReadOptions, plugins, read};
