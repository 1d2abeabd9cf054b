//! Decides about every decoded row, in this order: filters by time, then each column in contract order
//! (unreadable cell, then its checks), then `deduplicate`, then `unique`, then the named filters.

pub(crate) mod check;
mod fates;
mod seen;
pub(crate) mod time;

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{self, filter, prep_null_mask_filter};
use arrow::datatypes::TimestampMicrosecondType;
use segmenta_pipeline::model::BadRowAction;

use self::check::Check;
use self::fates::Fates;
use self::seen::{SeenRows, SeenValues};
use crate::accounting::{RejectAt, Tally};
use crate::decoded::Decoded;
use crate::error::{Error, Result};
use crate::keyset::KeySet;
use crate::plan::{RowFilter, ScanPlan};
use crate::rule::{CellFailure, Rule};

/// Judges the batches of one unit, in order.
#[derive(Debug)]
pub(crate) struct Judge {
    plan: Arc<ScanPlan>,
    /// Contract places of the columns that are read.
    wanted: Vec<usize>,
    seen_rows: Option<SeenRows>,
    /// Keys that columns refer to, by contract place.
    keys: BTreeMap<usize, Arc<KeySet>>,
    /// By contract place.
    seen_values: Vec<(usize, SeenValues)>,
}

/// The rows of a batch that are accepted: the wanted columns.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) columns: Vec<ArrayRef>,
    pub(crate) rows: usize,
}

impl Judge {
    /// # Errors
    /// `deduplicate` on a type without order; the keys a column refers to are missing or of another type.
    pub(crate) fn new(plan: Arc<ScanPlan>) -> Result<Self> {
        let columns = &plan.contract.columns;
        let types = columns.iter().map(|column| &column.data_type);
        let seen_rows = plan.deduplicate.then(|| SeenRows::new(types)).transpose()?;
        let unique = columns.iter().enumerate().filter(|(_, column)| column.unique);
        let seen_values = unique.map(|(place, column)| (place, SeenValues::new(&column.data_type))).collect();
        let mut keys = BTreeMap::new();
        for (place, column) in columns.iter().enumerate() {
            let references = column.checks.iter().find_map(|check| match check {
                Check::References(source) => Some(source),
                _ => None,
            });
            if let Some(source) = references {
                keys.insert(place, plan.keys_of(place, source)?);
            }
        }
        Ok(Self { wanted: Vec::new(), seen_rows, keys, seen_values, plan })
    }

    /// Announces which columns the next batches hold.
    pub(crate) fn set_wanted(&mut self, wanted: Vec<usize>) {
        self.wanted = wanted;
    }

    fn index(&self, place: usize) -> usize {
        self.wanted.binary_search(&place).expect("columns the judge needs are always read")
    }

    /// Sorts a batch of one file into accepted rows and, in `tally`, everything else.
    ///
    /// # Errors
    /// A kernel or a named filter fails.
    pub(crate) fn judge(&mut self, file: usize, decoded: Decoded, tally: &mut Tally) -> Result<Accepted> {
        let (kept, mut bad) = self.fates(&decoded, tally)?;
        let mut accepted = Accepted { columns: decoded.columns.clone(), rows: decoded.rows };
        let mut places = Places::new(decoded.rows);
        accepted.keep(kept, &mut places)?;
        if self.seen_rows.is_some() || !self.seen_values.is_empty() {
            self.drop_duplicates(&mut accepted, &mut places, tally)?;
            self.drop_repeated_values(&mut accepted, &mut places, &mut bad)?;
        }
        self.count_bad(file, &decoded, bad, tally);
        self.apply_row_filters(&mut accepted, tally)?;
        tally.accepted += accepted.rows as u64;
        self.note_newest(&accepted, tally)?;
        Ok(accepted)
    }

    fn fates(&self, decoded: &Decoded, tally: &mut Tally) -> Result<(Option<BooleanBuffer>, Vec<CellFailure>)> {
        let contract = &self.plan.contract;
        let mut fates = Fates::new(decoded.rows, &decoded.failures);
        let column_at = |place| &decoded.columns[self.index(place)];
        self.plan.times.apply(column_at, contract, &mut fates, tally)?;
        for (column, &place) in decoded.columns.iter().zip(&self.wanted) {
            fates.unreadable(place);
            for check in &contract.columns[place].checks {
                let keys = self.keys.get(&place).map(Arc::as_ref);
                fates.breaks(check.failing(column, keys)?, place, check.rule());
            }
        }
        Ok(fates.into_parts())
    }

    fn drop_duplicates(&mut self, accepted: &mut Accepted, places: &mut Places, tally: &mut Tally) -> Result<()> {
        let Some(seen) = &mut self.seen_rows else {
            return Ok(());
        };
        let before = accepted.rows;
        accepted.keep(seen.first_ones(&accepted.columns)?, places)?;
        tally.remove(self.plan.duplicate_filter(), (before - accepted.rows) as u64);
        Ok(())
    }

    fn drop_repeated_values(
        &mut self,
        accepted: &mut Accepted,
        places: &mut Places,
        bad: &mut Vec<CellFailure>,
    ) -> Result<()> {
        let mut columns = Vec::with_capacity(self.seen_values.len());
        for (place, seen) in &self.seen_values {
            columns.push(seen.comparable(&accepted.columns[self.index(*place)])?);
        }
        let mut first = vec![true; accepted.rows];
        for (row, first) in first.iter_mut().enumerate() {
            let repeated = self.seen_values.iter().zip(&columns).find(|((_, seen), column)| seen.contains(column, row));
            if let Some(((column, _), _)) = repeated {
                *first = false;
                let rule = Rule::Unique;
                bad.push(CellFailure { row: places.original(row), column: *column, rule });
                continue;
            }
            for ((_, seen), column) in self.seen_values.iter_mut().zip(&columns) {
                seen.insert(column, row);
            }
        }
        let kept = first.contains(&false).then(|| BooleanBuffer::from(first));
        accepted.keep(kept, places)
    }

    fn count_bad(&self, file: usize, decoded: &Decoded, mut bad: Vec<CellFailure>, tally: &mut Tally) {
        tally.blank += decoded.blank;
        for record in &decoded.broken {
            *tally.bad.entry((None, record.rule)).or_default() += 1;
        }
        for cell in &bad {
            *tally.bad.entry((Some(cell.column), cell.rule)).or_default() += 1;
        }
        if self.plan.bad_rows.action == BadRowAction::Drop {
            return;
        }
        bad.sort_by_key(|cell| cell.row);
        let broken = decoded.broken.iter().map(|record| RejectAt {
            file,
            row: record.row,
            column: None,
            rule: record.rule,
            text: Some(record.text.clone()),
        });
        let cells = bad.iter().map(|cell| RejectAt {
            file,
            row: decoded.numbers.at(cell.row),
            column: Some(cell.column),
            rule: cell.rule,
            text: decoded.texts.at(cell.row),
        });
        let mut rejects: Vec<RejectAt> = broken.chain(cells).collect();
        rejects.sort_by_key(|reject| reject.row);
        tally.rejects.append(&mut rejects);
    }

    fn apply_row_filters(&self, accepted: &mut Accepted, tally: &mut Tally) -> Result<()> {
        let mut kept: Option<BooleanBuffer> = None;
        let first = self.plan.first_row_filter();
        for (place, row_filter) in (first..).zip(&self.plan.row_filters) {
            let holds = self.evaluate(row_filter, accepted)?;
            let failed = (accepted.rows - holds.count_set_bits()) as u64;
            let before = kept.as_ref().map_or(accepted.rows, BooleanBuffer::count_set_bits);
            let after = kept.map_or_else(|| holds.clone(), |kept| &kept & &holds);
            tally.matched[place] += failed;
            tally.removed[place] += (before - after.count_set_bits()) as u64;
            kept = Some(after);
        }
        let some_removed = kept.filter(|kept| kept.count_set_bits() < kept.len());
        accepted.keep(some_removed, &mut Places::unneeded())
    }

    /// Whether each row holds; null does not.
    fn evaluate(&self, row_filter: &RowFilter, accepted: &Accepted) -> Result<BooleanBuffer> {
        let contract = &self.plan.contract;
        let places = row_filter.columns.iter().map(|name| contract.place(name).expect("filters were checked at open"));
        let places: Vec<usize> = places.collect();
        let columns = places.iter().map(|&place| Arc::clone(&accepted.columns[self.index(place)])).collect();
        let schema = Arc::new(contract.schema.project(&places)?);
        let batch = batch_of(schema, columns, accepted.rows)?;
        let failed = |reason| Error::Filter {
            source_name: self.plan.source_name.clone(),
            filter: row_filter.name.clone(),
            reason,
        };
        let holds: BooleanArray = (row_filter.keep)(&batch).map_err(failed)?;
        if holds.len() != accepted.rows {
            return Err(failed(format!("it gave {} answers for {} rows", holds.len(), accepted.rows)));
        }
        let holds = if holds.null_count() > 0 { prep_null_mask_filter(&holds) } else { holds };
        Ok(holds.values().clone())
    }

    fn note_newest(&self, accepted: &Accepted, tally: &mut Tally) -> Result<()> {
        let Some(place) = self.plan.times.event_column() else {
            return Ok(());
        };
        let instants = time::instants(&accepted.columns[self.index(place)])?;
        let newest = compute::max(instants.as_primitive::<TimestampMicrosecondType>());
        tally.newest_event_us = tally.newest_event_us.max(newest);
        Ok(())
    }
}

impl Accepted {
    fn keep(&mut self, kept: Option<BooleanBuffer>, places: &mut Places) -> Result<()> {
        let Some(kept) = kept else { return Ok(()) };
        places.keep(&kept);
        self.rows = kept.count_set_bits();
        let mask = BooleanArray::new(kept, None);
        for column in &mut self.columns {
            *column = filter(column, &mask)?;
        }
        Ok(())
    }
}

/// Where accepted rows stood in their batch.
#[derive(Debug)]
struct Places {
    rows: usize,
    /// `None` while no row is removed.
    original: Option<Vec<usize>>,
}

impl Places {
    fn new(rows: usize) -> Self {
        Self { rows, original: None }
    }

    fn unneeded() -> Self {
        Self::new(0)
    }

    fn original(&self, row: usize) -> usize {
        self.original.as_ref().map_or(row, |original| original[row])
    }

    fn keep(&mut self, kept: &BooleanBuffer) {
        if self.rows == 0 {
            return;
        }
        self.original = Some(kept.set_indices().map(|row| self.original(row)).collect());
    }
}

/// A batch that knows its length even without columns.
pub(crate) fn batch_of(
    schema: arrow::datatypes::SchemaRef,
    columns: Vec<ArrayRef>,
    rows: usize,
) -> Result<RecordBatch> {
    let options = RecordBatchOptions::new().with_row_count(Some(rows));
    Ok(RecordBatch::try_new_with_options(schema, columns, &options)?)
}
