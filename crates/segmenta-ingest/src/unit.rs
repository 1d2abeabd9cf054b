//! Reads one unit of a scan.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use segmenta_pipeline::model::{BadRowAction, Format};

use crate::accounting::{Reject, RejectAt, Tally};
use crate::columnar::ipc::IpcDecoder;
use crate::columnar::parquet::ParquetDecoder;
use crate::decoded::Decoder;
use crate::error::{Error, Result};
use crate::guard::guarded;
use crate::judge::{Accepted, Judge, batch_of};
use crate::plan::ScanPlan;
use crate::text::csv::CsvDecoder;
use crate::text::fixed::FixedDecoder;
use crate::text::ndjson::NdjsonDecoder;

/// Quarantined rows are kept in memory; a source with more of them has the wrong contract.
const MAX_KEPT_REJECTS: u64 = 1_000_000;

/// A file, or a row group of one.
#[derive(Debug, Clone)]
pub(crate) struct Part {
    pub(crate) file: usize,
    pub(crate) group: Option<usize>,
    /// Columns to read whatever is projected, ascending.
    pub(crate) always: Vec<usize>,
    pub(crate) skip: Option<Skip>,
}

/// Why a part need not be read: one filter removes all its rows.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Skip {
    pub(crate) filter: usize,
    pub(crate) rows: u64,
}

/// What the readers of a scan share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) plan: Arc<ScanPlan>,
    pub(crate) units: Vec<Vec<Part>>,
    /// The tally of each unit read to its end.
    pub(crate) results: Mutex<Vec<Option<Tally>>>,
    pub(crate) kept_rejects: AtomicU64,
}

impl Shared {
    pub(crate) fn spelled_out(&self, reject: RejectAt) -> Reject {
        let RejectAt { file, row, column, rule, text } = reject;
        Reject {
            file: self.plan.files[file].input.pin.file.clone(),
            row,
            column: column.map(|place| self.plan.contract.columns[place].name.clone()),
            rule,
            text: text.unwrap_or_default(),
        }
    }

    /// The first bad row of the units before `unit`, so that the row a failing run names does not depend
    /// on which thread was faster. Only a run that fails pays for it.
    fn earlier_failure(self: &Arc<Self>, unit: usize) -> Option<Error> {
        for earlier in 0..unit {
            let done = self.results.lock().unwrap_or_else(PoisonError::into_inner)[earlier].is_some();
            if done {
                continue;
            }
            let mut reader = UnitReader::new(Arc::clone(self), earlier, Some(&[]), RECHECK_ROWS).ok()?;
            reader.is_recheck = true;
            if let Some(error) = reader.find_map(Result::err) {
                return Some(error);
            }
        }
        None
    }
}

/// Batch size for a second look.
const RECHECK_ROWS: usize = 8_192;

/// An iterator over the accepted rows of one unit. After an error it is empty.
pub struct UnitReader {
    shared: Arc<Shared>,
    unit: usize,
    /// Places in the contract, in output order.
    projection: Vec<usize>,
    schema: SchemaRef,
    batch_rows: usize,
    next_part: usize,
    current: Option<Current>,
    judge: Judge,
    tally: Tally,
    is_done: bool,
    is_recheck: bool,
}

struct Current {
    part: Part,
    decoder: Box<dyn Decoder>,
    wanted: Vec<usize>,
    /// Where this part's rejects start.
    first_reject: usize,
}

impl std::fmt::Debug for UnitReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UnitReader").field("unit", &self.unit).field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl UnitReader {
    pub(crate) fn new(
        shared: Arc<Shared>,
        unit: usize,
        projection: Option<&[usize]>,
        batch_rows: usize,
    ) -> Result<Self> {
        let plan = Arc::clone(&shared.plan);
        let units = shared.units.len();
        if unit >= units {
            return Err(Error::NoSuchUnit { source_name: plan.source_name.clone(), unit, units });
        }
        let all: Vec<usize> = (0..plan.contract.columns.len()).collect();
        let projection = projection.map_or(all, <[usize]>::to_vec);
        let schema = Arc::new(plan.contract.schema.project(&projection)?);
        let tally = Tally::new(plan.filter_names().len());
        let judge = Judge::new(plan)?;
        Ok(Self {
            shared,
            unit,
            projection,
            schema,
            batch_rows: batch_rows.max(1),
            next_part: 0,
            current: None,
            judge,
            tally,
            is_done: false,
            is_recheck: false,
        })
    }

    /// The columns of the batches.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn advance(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let Some(mut current) = self.current.take().map_or_else(|| self.open_part(), |open| Ok(Some(open)))? else {
                self.store();
                return Ok(None);
            };
            let path = &self.shared.plan.files[current.part.file].input.pin.path;
            let Some(decoded) = guarded(path, || current.decoder.next(self.batch_rows))? else {
                self.close_part(current)?;
                continue;
            };
            let accepted = self.judge.judge(current.part.file, decoded, &mut self.tally)?;
            self.check_rejects(&mut current)?;
            let batch = (accepted.rows > 0).then(|| self.projected(&current.wanted, accepted)).transpose()?;
            self.current = Some(current);
            if batch.is_some() {
                return Ok(batch);
            }
        }
    }

    /// The next part that has to be read; `None` after the last one.
    fn open_part(&mut self) -> Result<Option<Current>> {
        while let Some(part) = self.shared.units[self.unit].get(self.next_part).cloned() {
            self.next_part += 1;
            if let Some(Skip { filter, rows }) = part.skip {
                self.tally.found += rows;
                self.tally.remove(filter, rows);
                continue;
            }
            let mut wanted = part.always.clone();
            wanted.extend(&self.projection);
            wanted.sort_unstable();
            wanted.dedup();
            let path = &self.shared.plan.files[part.file].input.pin.path;
            let decoder = guarded(path, || decoder(&self.shared.plan, &part, &wanted, self.batch_rows))?;
            self.judge.set_wanted(wanted.clone());
            let first_reject = self.tally.rejects.len();
            return Ok(Some(Current { part, decoder, wanted, first_reject }));
        }
        Ok(None)
    }

    /// Stops at the first bad row where that is asked for, and at too many kept ones everywhere.
    fn check_rejects(&mut self, current: &mut Current) -> Result<()> {
        let plan = &self.shared.plan;
        let new = (self.tally.rejects.len() - current.first_reject) as u64;
        if new == 0 || plan.bad_rows.action == BadRowAction::Drop {
            return Ok(());
        }
        if plan.bad_rows.action == BadRowAction::Quarantine {
            let kept = self.shared.kept_rejects.load(Ordering::Relaxed) + self.tally.rejects.len() as u64;
            if kept > MAX_KEPT_REJECTS {
                let source_name = plan.source_name.clone();
                return Err(Error::QuarantineFull { source_name, limit: MAX_KEPT_REJECTS });
            }
            return Ok(());
        }
        self.tally.rejects.truncate(current.first_reject + 1);
        self.add_texts(current)?;
        let earlier = if self.is_recheck { None } else { self.shared.earlier_failure(self.unit) };
        let first = self.tally.rejects[current.first_reject].clone();
        let reject = Box::new(self.shared.spelled_out(first));
        Err(earlier.unwrap_or(Error::BadRow { source_name: self.shared.plan.source_name.clone(), reject }))
    }

    fn close_part(&mut self, mut current: Current) -> Result<()> {
        self.tally.found += current.decoder.found();
        self.add_texts(&mut current)
    }

    /// Fills in the texts that a decoder of columns reads afterwards.
    fn add_texts(&mut self, current: &mut Current) -> Result<()> {
        let rejects = &mut self.tally.rejects[current.first_reject..];
        let missing: Vec<&mut RejectAt> = rejects.iter_mut().filter(|reject| reject.text.is_none()).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let rows: Vec<u64> = missing.iter().map(|reject| reject.row).collect();
        let path = &self.shared.plan.files[current.part.file].input.pin.path;
        let texts = guarded(path, || current.decoder.row_texts(&rows))?;
        for (reject, text) in missing.into_iter().zip(texts) {
            reject.text = Some(text);
        }
        Ok(())
    }

    fn projected(&self, wanted: &[usize], accepted: Accepted) -> Result<RecordBatch> {
        let column = |place: &usize| {
            let index = wanted.binary_search(place).expect("projected columns are read");
            Arc::clone(&accepted.columns[index])
        };
        batch_of(self.schema(), self.projection.iter().map(column).collect(), accepted.rows)
    }

    fn store(&mut self) {
        if self.is_recheck {
            return;
        }
        let tally = std::mem::take(&mut self.tally);
        let mut results = self.shared.results.lock().unwrap_or_else(PoisonError::into_inner);
        if results[self.unit].is_none() {
            self.shared.kept_rejects.fetch_add(tally.rejects.len() as u64, Ordering::Relaxed);
        }
        results[self.unit] = Some(tally);
    }
}

impl Iterator for UnitReader {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_done {
            return None;
        }
        let next = self.advance().transpose();
        self.is_done = !matches!(next, Some(Ok(_)));
        next
    }
}

fn decoder(plan: &Arc<ScanPlan>, part: &Part, wanted: &[usize], batch_rows: usize) -> Result<Box<dyn Decoder>> {
    let file = &plan.files[part.file];
    let shared = Arc::clone(plan);
    Ok(match &plan.format {
        Format::Csv(csv) => Box::new(CsvDecoder::open(shared, file, csv, wanted)?),
        Format::Fixed(fixed) => Box::new(FixedDecoder::open(shared, file, fixed, wanted)?),
        Format::Ndjson => Box::new(NdjsonDecoder::open(shared, file, wanted)?),
        Format::Ipc => Box::new(IpcDecoder::open(shared, file, wanted)?),
        Format::Parquet => {
            let group = part.group.expect("parts of Parquet files name a row group");
            Box::new(ParquetDecoder::open(shared, file, group, wanted, batch_rows)?)
        }
    })
}
