//! One opened source.

use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{Schema, SchemaRef};
use segmenta_pipeline::model::{BadRowAction, Format, Source};

use crate::accounting::{Accounting, BadCount, FilterCount, Reject, RejectAt, Tally};
use crate::bind::{Bound, BoundFile, bind};
use crate::columnar::parquet::{GroupFacts, group_facts};
use crate::contract::{Contract, arrow_type};
use crate::error::{Error, Result};
use crate::files::{Pin, resolve};
use crate::judge::time::TimeFilters;
use crate::plan::{ScanOptions, ScanPlan};
use crate::unit::{Part, Shared, Skip, UnitReader};

/// The schema of a source's declared columns: what [`Scan::schema`] is, known without opening a file.
/// Empty when the source declares none.
pub fn declared_schema(source: &Source) -> SchemaRef {
    let field = |(name, column): (&String, &segmenta_pipeline::model::Column)| {
        arrow::datatypes::Field::new(name, arrow_type(column.data_type), column.nullable)
    };
    Arc::new(Schema::new(source.columns.iter().map(field).collect::<Vec<_>>()))
}

/// One opened source: its files found, pinned and compared with the contract.
///
/// Its units can be read in any order and by several threads; the books are the same. Cheap to share
/// behind an `Arc`.
#[derive(Debug)]
pub struct Scan {
    shared: Arc<Shared>,
    source: Source,
    fresh_after_us: Option<i64>,
    ignored_columns: Vec<String>,
}

impl Scan {
    /// Finds the files, pins them and checks their headers or footers; no row is read.
    ///
    /// # Errors
    /// There is no file, one cannot be read or is damaged, or [`Error::Schema`] with every difference
    /// between the files and the contract.
    pub fn open(source_name: &str, source: &Source, options: ScanOptions) -> Result<Self> {
        let inputs = resolve(source_name, &source.path)?;
        let Bound { contract, files, ignored_columns } = bind(source_name, source, inputs)?;
        check_filters(source_name, source, &contract, &options)?;
        let fresh_after_us = options.fresh_after_us;
        let plan = ScanPlan {
            source_name: source_name.to_owned(),
            format: source.format.clone(),
            times: TimeFilters::new(source_name, source, &contract, &options)?,
            contract,
            bad_rows: source.bad_rows.clone(),
            deduplicate: source.deduplicate,
            row_filters: options.row_filters,
            references: options.references,
            files,
        };
        let units = units(&plan);
        let results = Mutex::new(vec![None; units.len()]);
        let shared = Shared { plan: Arc::new(plan), units, results, kept_rejects: AtomicU64::new(0) };
        Ok(Self { shared: Arc::new(shared), source: source.clone(), fresh_after_us, ignored_columns })
    }

    /// The source's name.
    pub fn source_name(&self) -> &str {
        &self.plan().source_name
    }

    /// The declared columns in contract order; the files' own schema when none are declared.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.plan().contract.schema)
    }

    /// How many parts can be read independently: row groups of Parquet, otherwise files; a single one
    /// for `unique` and `deduplicate`, whose verdict on a row depends on the rows before it.
    pub fn units(&self) -> usize {
        self.shared.units.len()
    }

    /// The files that will be read, as they were when the scan was opened.
    pub fn pins(&self) -> Vec<Pin> {
        self.plan().files.iter().map(|file| file.input.pin.clone()).collect()
    }

    /// The accepted rows of one unit, in file order, in batches of at most `batch_rows`. `projection` names
    /// columns of [`Self::schema`] by place; columns that checks and filters need are read regardless.
    ///
    /// The books count a unit when its reader has reached the end; reading it again replaces its counts.
    ///
    /// # Errors
    /// There is no such unit or column; keys that columns refer to are missing. The reader itself ends
    /// at its first error.
    pub fn read(&self, unit: usize, projection: Option<&[usize]>, batch_rows: usize) -> Result<UnitReader> {
        UnitReader::new(Arc::clone(&self.shared), unit, projection, batch_rows)
    }

    /// The books after every unit was read, and checked: they add up, the files are still the same, not too
    /// many rows are bad, and `expect` holds.
    ///
    /// # Errors
    /// One of these does not hold, or a unit was not read.
    pub fn finish(&self) -> Result<Accounting> {
        let unread = self.results(|results| results.iter().filter(|result| result.is_none()).count());
        if unread > 0 {
            let units = self.units();
            return Err(Error::Incomplete { source_name: self.source_name().to_owned(), unread, units });
        }
        for file in &self.plan().files {
            file.input.pin.check()?;
        }
        let accounting = self.accounting();
        accounting.check_identity(self.source_name())?;
        accounting.check_bad_share(self.source_name(), &self.source.bad_rows)?;
        accounting.check_expectations(self.source_name(), &self.source.expect, self.fresh_after_us)?;
        Ok(accounting)
    }

    /// The books of the units read so far, not checked: for the record of a run that fails.
    pub fn accounting(&self) -> Accounting {
        let plan = self.plan();
        let names = plan.filter_names();
        let mut sum = Tally::new(names.len());
        self.results(|results| results.iter().flatten().for_each(|tally| sum.add(tally)));
        let column = |place: Option<usize>| place.map(|place| plan.contract.columns[place].name.clone());
        let bad = sum.bad.iter().map(|(&(place, rule), &rows)| BadCount { column: column(place), rule, rows });
        let counts = sum.removed.iter().zip(&sum.matched);
        let filtered = names.into_iter().zip(counts);
        Accounting {
            found: sum.found,
            accepted: sum.accepted,
            bad: bad.collect(),
            action: plan.bad_rows.action,
            filtered: filtered.map(|(name, (&removed, &matched))| FilterCount { name, removed, matched }).collect(),
            blank: sum.blank,
            newest_event_us: sum.newest_event_us,
            ignored_columns: self.ignored_columns.clone(),
        }
    }

    /// The quarantined rows of the units read so far, by file and row. Empty unless `bad_rows` keeps them.
    pub fn rejects(&self) -> Vec<Reject> {
        if self.plan().bad_rows.action != BadRowAction::Quarantine {
            return Vec::new();
        }
        let mut rejects: Vec<RejectAt> =
            self.results(|results| results.iter().flatten().flat_map(|tally| tally.rejects.clone()).collect());
        rejects.sort_by_key(|reject| (reject.file, reject.row));
        rejects.into_iter().map(|reject| self.shared.spelled_out(reject)).collect()
    }

    fn plan(&self) -> &ScanPlan {
        &self.shared.plan
    }

    fn results<T>(&self, read: impl FnOnce(&[Option<Tally>]) -> T) -> T {
        read(&self.shared.results.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn check_filters(source_name: &str, source: &Source, contract: &Contract, options: &ScanOptions) -> Result<()> {
    let failed = |filter: &str, reason: &str| Error::Filter {
        source_name: source_name.to_owned(),
        filter: filter.to_owned(),
        reason: reason.to_owned(),
    };
    let mut given = options.row_filters.iter();
    for name in source.filters.keys() {
        let filter = given.next().filter(|filter| filter.name == *name);
        let filter = filter.ok_or_else(|| failed(name, "no predicate was given for it"))?;
        for column in &filter.columns {
            if contract.place(column).is_none() {
                let (source_name, column) = (source_name.to_owned(), column.clone());
                return Err(Error::UnknownColumn { source_name, option: "filters", column });
            }
        }
    }
    match given.next() {
        Some(filter) => Err(failed(&filter.name, "the source declares no such filter")),
        None => Ok(()),
    }
}

fn units(plan: &ScanPlan) -> Vec<Vec<Part>> {
    let parts = plan.files.iter().enumerate().flat_map(|(place, file)| file_parts(plan, place, file));
    if plan.is_sequential() {
        return vec![parts.collect()];
    }
    parts.map(|part| vec![part]).collect()
}

fn file_parts(plan: &ScanPlan, file: usize, bound: &BoundFile) -> Vec<Part> {
    let Some(footer) = &bound.parquet else {
        let facts = GroupFacts::default();
        return vec![Part { file, group: None, always: always_read(plan, bound, &facts), skip: None }];
    };
    let facts = group_facts(footer, &bound.origins, plan.times.event_column());
    let part = |(group, facts): (usize, &GroupFacts)| Part {
        file,
        group: Some(group),
        always: always_read(plan, bound, facts),
        skip: facts
            .event_range_us
            .and_then(|(least, most)| plan.times.removes_all(least, most))
            .map(|filter| Skip { filter, rows: facts.rows }),
    };
    facts.iter().enumerate().map(part).collect()
}

/// Columns in which a row can go wrong, or that filters read.
fn always_read(plan: &ScanPlan, file: &BoundFile, facts: &GroupFacts) -> Vec<usize> {
    let mut always = plan.filter_columns();
    for (place, column) in plan.contract.columns.iter().enumerate() {
        let from_path = file.origins[place].field().is_none();
        let may_be_null = !column.nullable && !facts.no_nulls.get(place).is_some_and(|no_nulls| *no_nulls);
        let may_not_read = match plan.format {
            Format::Csv(_) | Format::Fixed(_) => column.declared != Some(segmenta_pipeline::model::ColumnType::String),
            Format::Ndjson => true,
            Format::Parquet | Format::Ipc => file.may_lose.contains(&place),
        };
        if from_path || may_be_null || may_not_read || column.is_checked() {
            always.push(place);
        }
    }
    always.sort_unstable();
    always.dedup();
    always
}
