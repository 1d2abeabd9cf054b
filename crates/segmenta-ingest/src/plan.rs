//! Everything about one scan that its units share.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use arrow::array::{BooleanArray, RecordBatch};
use segmenta_pipeline::model::{BadRows, Format};

use crate::bind::BoundFile;
use crate::contract::Contract;
use crate::error::{Error, Result};
use crate::judge::time::TimeFilters;
use crate::keyset::KeySet;

/// What a scan needs to know beside the source itself. Instants are microseconds, UTC.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    /// Rows whose `event_time` or `known_at` is at or after this instant are not seen.
    pub as_of_us: i64,
    /// Start of the source's `window`: earlier rows are not seen. Ignored without `event_time`.
    pub window_start_us: Option<i64>,
    /// `expect.fresh_within` before `as_of`: the newest row must not be older.
    pub fresh_after_us: Option<i64>,
    /// Keys of the sources that columns refer to, by source name.
    pub references: BTreeMap<String, Arc<KeySet>>,
    /// One for each of the source's `filters`, in their order.
    pub row_filters: Vec<RowFilter>,
}

/// A predicate's answer per row: whether to keep it. Null counts as no.
pub type Predicate = dyn Fn(&RecordBatch) -> std::result::Result<BooleanArray, String> + Send + Sync;

/// A named keep-condition of a source, evaluated by the caller's engine.
#[derive(Clone)]
pub struct RowFilter {
    /// Its key under `filters`.
    pub name: String,
    /// The columns the predicate reads; its batches hold exactly these, in this order.
    pub columns: Vec<String>,
    /// Keeps the rows for which it is true.
    pub keep: Arc<Predicate>,
}

impl fmt::Debug for RowFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowFilter").field("name", &self.name).field("columns", &self.columns).finish_non_exhaustive()
    }
}

/// What the units of a scan share.
#[derive(Debug)]
pub(crate) struct ScanPlan {
    pub(crate) source_name: String,
    pub(crate) format: Format,
    pub(crate) contract: Contract,
    pub(crate) times: TimeFilters,
    pub(crate) bad_rows: BadRows,
    pub(crate) deduplicate: bool,
    pub(crate) row_filters: Vec<RowFilter>,
    pub(crate) references: BTreeMap<String, Arc<KeySet>>,
    pub(crate) files: Vec<BoundFile>,
}

impl ScanPlan {
    /// Place of `duplicate` among the filters.
    pub(crate) fn duplicate_filter(&self) -> usize {
        self.times.filters().len()
    }

    /// Place of the first named filter.
    pub(crate) fn first_row_filter(&self) -> usize {
        self.duplicate_filter() + usize::from(self.deduplicate)
    }

    /// All filters, in the order in which they are tried.
    pub(crate) fn filter_names(&self) -> Vec<String> {
        let times = self.times.filters().iter().map(|filter| filter.name());
        let built_in = times.chain(self.deduplicate.then_some("duplicate")).map(str::to_owned);
        built_in.chain(self.row_filters.iter().map(|filter| filter.name.clone())).collect()
    }

    /// Whether one row's fate depends on the rows before it, so that files are read one after the other.
    pub(crate) fn is_sequential(&self) -> bool {
        self.deduplicate || self.contract.columns.iter().any(|column| column.unique)
    }

    /// Columns that filters read, whatever is projected; all of them to find duplicates.
    pub(crate) fn filter_columns(&self) -> Vec<usize> {
        if self.deduplicate {
            return (0..self.contract.columns.len()).collect();
        }
        let names = self.row_filters.iter().flat_map(|filter| &filter.columns);
        let named = names.filter_map(|name| self.contract.place(name));
        self.times.columns().chain(named).collect()
    }

    /// The keys that column `place` refers to.
    ///
    /// # Errors
    /// They are not known, or are of another type than the column.
    pub(crate) fn keys_of(&self, place: usize, references: &str) -> Result<Arc<KeySet>> {
        let column = &self.contract.columns[place];
        let (source_name, name) = (self.source_name.clone(), column.name.clone());
        let references = references.to_owned();
        let Some(keys) = self.references.get(&references) else {
            return Err(Error::KeysMissing { source_name, column: name, references });
        };
        if !keys.accepts(&column.data_type) {
            return Err(Error::KeyType { source_name, column: name, references });
        }
        Ok(Arc::clone(keys))
    }
}
