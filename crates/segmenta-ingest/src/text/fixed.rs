//! Fixed-width text, UTF-8, columns by byte range.

use std::sync::Arc;

use segmenta_pipeline::model::{ColumnType, Compression, FixedFormat};

use super::batch::TextBatch;
use super::input::TextInput;
use super::lexer::{FrameKind, line};
use crate::bind::BoundFile;
use crate::decoded::{Decoded, Decoder};
use crate::error::Result;
use crate::plan::ScanPlan;
use crate::rule::Rule;

/// Decodes one fixed-width file. A line must reach the end of every column; of text columns only the
/// start, since blanks at the end of a line are easily lost.
pub(crate) struct FixedDecoder {
    input: TextInput,
    /// Byte range by contract place; `None` for columns that come from the path.
    ranges: Vec<Option<[usize; 2]>>,
    least_bytes: usize,
    skip: u64,
    /// From 1.
    line: u64,
    batch: TextBatch,
}

impl FixedDecoder {
    /// # Errors
    /// The file cannot be opened.
    pub(crate) fn open(plan: Arc<ScanPlan>, file: &BoundFile, format: &FixedFormat, wanted: &[usize]) -> Result<Self> {
        let mut input = TextInput::open(&file.input.pin, Compression::Auto)?;
        input.skip_byte_order_mark();
        let columns = &plan.contract.columns;
        let ranges: Vec<_> = columns.iter().map(|column| column.range).collect();
        let reach = columns.iter().filter_map(|column| {
            let [start, end] = column.range?;
            Some(if column.declared == Some(ColumnType::String) { start } else { end })
        });
        Ok(Self {
            input,
            least_bytes: reach.max().unwrap_or(0),
            ranges,
            skip: format.skip as u64,
            line: 1,
            batch: TextBatch::new(plan, &file.origins, wanted),
        })
    }

    fn take(&mut self, content: usize, kind: FrameKind) {
        let record = &self.input.pending()[..content];
        if self.line <= self.skip {
            return;
        }
        if kind == FrameKind::Blank {
            return self.batch.push_blank();
        }
        if std::str::from_utf8(record).is_err() {
            return self.batch.push_broken(self.line, Rule::Encoding, record);
        }
        if record.len() < self.least_bytes {
            return self.batch.push_broken(self.line, Rule::Fields, record);
        }
        let ranges = &self.ranges;
        self.batch.push_row(self.line, record, |column| {
            let [start, end] = ranges[column.place].expect("columns without a range are refused at open");
            let bytes = &record[start.min(record.len())..end.min(record.len())];
            std::str::from_utf8(bytes).map(Some).map_err(|_| Rule::Encoding)
        });
    }
}

impl Decoder for FixedDecoder {
    fn next(&mut self, rows: usize) -> Result<Option<Decoded>> {
        while self.batch.len() < rows {
            match line(self.input.pending(), self.input.at_end()) {
                Some(frame) => {
                    self.take(frame.content, frame.kind);
                    self.input.consume(frame.total);
                    self.line += 1;
                }
                None if self.input.at_end() => break,
                None => self.input.fill()?,
            }
        }
        Ok(self.batch.finish())
    }

    fn found(&self) -> u64 {
        self.input.lines().saturating_sub(self.skip)
    }
}
