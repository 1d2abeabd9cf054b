//! A batch of rows under construction from text.

use std::sync::Arc;

use arrow::array::ArrayRef;

use crate::accounting::bounded_text;
use crate::bind::Origin;
use crate::contract::ContractColumn;
use crate::decoded::{BrokenRecord, Decoded, Numbers, Texts};
use crate::parse::ColumnBuilder;
use crate::plan::ScanPlan;
use crate::rule::{CellFailure, Rule};
use segmenta_pipeline::model::BadRowAction;

/// One wanted column and where its cells come from.
#[derive(Debug)]
pub(crate) struct TextColumn {
    /// Place in the contract.
    pub(crate) place: usize,
    pub(crate) origin: Origin,
    builder: ColumnBuilder,
}

/// Collects rows until a batch is full.
#[derive(Debug)]
pub(crate) struct TextBatch {
    plan: Arc<ScanPlan>,
    pub(crate) columns: Vec<TextColumn>,
    keep_text: bool,
    records: Vec<u8>,
    ends: Vec<usize>,
    numbers: Vec<u64>,
    failures: Vec<CellFailure>,
    broken: Vec<BrokenRecord>,
    blank: u64,
}

/// A cell as found: text, or a reason why there is none.
pub(crate) type Cell<'a> = Result<Option<&'a str>, Rule>;

impl TextBatch {
    /// `wanted` are contract places in ascending order.
    pub(crate) fn new(plan: Arc<ScanPlan>, origins: &[Origin], wanted: &[usize]) -> Self {
        let column = |&place: &usize| TextColumn {
            place,
            origin: origins[place].clone(),
            builder: ColumnBuilder::new(declared(&plan.contract.columns[place])),
        };
        Self {
            columns: wanted.iter().map(column).collect(),
            keep_text: plan.bad_rows.action != BadRowAction::Drop,
            plan,
            records: Vec::new(),
            ends: Vec::new(),
            numbers: Vec::new(),
            failures: Vec::new(),
            broken: Vec::new(),
            blank: 0,
        }
    }

    /// Rows and other records taken in so far.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len() + self.broken.len()
    }

    pub(crate) fn push_blank(&mut self) {
        self.blank += 1;
    }

    /// A record that gives no row.
    pub(crate) fn push_broken(&mut self, row: u64, rule: Rule, record: &[u8]) {
        let text = if self.keep_text { bounded_text(record) } else { String::new() };
        self.broken.push(BrokenRecord { row, rule, text });
    }

    /// A row: asks `cell` for each column that comes from the record. `record` is its original text.
    pub(crate) fn push_row<'a>(&mut self, number: u64, record: &[u8], cell: impl Fn(&TextColumn) -> Cell<'a>) {
        let row = self.numbers.len();
        for column in &mut self.columns {
            let text = match &column.origin {
                Origin::Partition(value) => Ok(value.as_deref()),
                Origin::File(_) => cell(column),
            };
            let rules = &self.plan.contract.columns[column.place].text;
            let pushed = match text {
                Ok(Some(text)) => column.builder.push(text, rules),
                Ok(None) => {
                    column.builder.push_null();
                    Ok(())
                }
                Err(rule) => {
                    column.builder.push_null();
                    Err(rule)
                }
            };
            if let Err(rule) = pushed {
                self.failures.push(CellFailure { row, column: column.place, rule });
            }
        }
        self.numbers.push(number);
        if self.keep_text {
            self.records.extend_from_slice(record);
            self.ends.push(self.records.len());
        }
    }

    /// The batch, `None` when nothing was taken in.
    pub(crate) fn finish(&mut self) -> Option<Decoded> {
        if self.len() == 0 && self.blank == 0 {
            return None;
        }
        let columns: Vec<ArrayRef> = self.columns.iter_mut().map(|column| column.builder.finish()).collect();
        let (bytes, ends) = (std::mem::take(&mut self.records), std::mem::take(&mut self.ends));
        let numbers = std::mem::take(&mut self.numbers);
        Some(Decoded {
            columns,
            rows: numbers.len(),
            numbers: Numbers::Each(numbers),
            texts: if self.keep_text { Texts::Records { bytes, ends } } else { Texts::Unwanted },
            failures: std::mem::take(&mut self.failures),
            broken: std::mem::take(&mut self.broken),
            blank: std::mem::take(&mut self.blank),
        })
    }
}

fn declared(column: &ContractColumn) -> segmenta_pipeline::model::ColumnType {
    column.declared.expect("text sources without a contract are refused at open")
}
