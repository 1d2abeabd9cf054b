//! Delimited text.

use std::sync::Arc;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder, Terminator};
use segmenta_pipeline::model::{CsvFormat, Encoding};

use super::batch::TextBatch;
use super::decoded;
use super::input::TextInput;
use super::lexer::{Frame, FrameKind, Lexer};
use crate::bind::{BoundFile, Origin};
use crate::decoded::{Decoded, Decoder};
use crate::error::{Error, Result};
use crate::files::Pin;
use crate::plan::ScanPlan;
use crate::rule::Rule;

/// Takes a record apart into fields. Quotes are removed.
#[derive(Debug)]
struct Fields {
    reader: Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    count: usize,
}

impl Fields {
    fn new(format: &CsvFormat) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(format.delimiter).terminator(Terminator::Any(b'\n'));
        match format.quote {
            Some(quote) => builder.quote(quote),
            None => builder.quoting(false),
        };
        Self { reader: builder.build(), bytes: Vec::new(), ends: Vec::new(), count: 0 }
    }

    /// Whether the whole of `record` is one record.
    fn split(&mut self, record: &[u8]) -> bool {
        self.reader.reset();
        self.bytes.resize(self.bytes.len().max(record.len() + 1), 0);
        self.count = 0;
        let (mut read, mut written) = (0, 0);
        loop {
            let input = &record[read..];
            let (result, taken, put, ended) =
                self.reader.read_record(input, &mut self.bytes[written..], &mut self.ends[self.count..]);
            (read, written, self.count) = (read + taken, written + put, self.count + ended);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.bytes.resize(self.bytes.len() * 2 + 64, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2 + 64, 0),
                ReadRecordResult::Record => return read == record.len(),
                ReadRecordResult::End => return false,
            }
        }
    }

    fn get(&self, place: usize) -> &[u8] {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.bytes[start..self.ends[place]]
    }

    fn written(&self) -> &[u8] {
        let end = if self.count == 0 { 0 } else { self.ends[self.count - 1] };
        &self.bytes[..end]
    }
}

/// Reads the header of a file: the names, trimmed. `None` when the file is empty.
///
/// # Errors
/// The file cannot be read, or its first record is not text.
pub(crate) fn header(pin: &Pin, format: &CsvFormat) -> Result<Option<Vec<String>>> {
    let mut source = Records::open(pin, format)?;
    let Some(frame) = source.next_record()? else {
        return Ok(None);
    };
    let mut fields = Fields::new(format);
    let record = &source.input.pending()[..frame.content];
    let damaged = |reason: &str| Error::Damaged { path: pin.path.clone(), reason: reason.to_owned() };
    if frame.kind == FrameKind::BadQuote || !fields.split(record) {
        return Err(damaged("the quotes of its header do not match"));
    }
    let name = |place| decoded(fields.get(place), format.encoding).map(|name| name.trim().to_owned());
    let names: Option<Vec<String>> = (0..fields.count).map(name).collect();
    names.map(Some).ok_or_else(|| damaged("its header is not text in the declared encoding"))
}

/// The records of a file with their line numbers.
struct Records {
    input: TextInput,
    lexer: Lexer,
    /// Line on which the next record starts, from 1.
    line: u64,
    /// Lines that are not the first of their record.
    continued: u64,
    /// Lines up to the end of the header.
    header_lines: u64,
}

impl Records {
    fn open(pin: &Pin, format: &CsvFormat) -> Result<Self> {
        let mut input = TextInput::open(pin, format.compression)?;
        if format.encoding == Encoding::Utf8 {
            input.skip_byte_order_mark();
        }
        let lexer = Lexer { delimiter: format.delimiter, quote: format.quote, fields: None };
        Ok(Self { input, lexer, line: 1, continued: 0, header_lines: 0 })
    }

    /// The frame at the start of what is pending; `None` at the end of the file.
    fn peek(&mut self) -> Result<Option<Frame>> {
        loop {
            let (pending, at_end) = (self.input.pending(), self.input.at_end());
            match self.lexer.next(pending, at_end) {
                Some(frame) => return Ok(Some(frame)),
                None if at_end => return Ok(None),
                None => self.input.fill()?,
            }
        }
    }

    /// As [`Self::peek`], after blank lines.
    fn next_record(&mut self) -> Result<Option<Frame>> {
        loop {
            match self.peek()? {
                Some(frame) if frame.kind == FrameKind::Blank => self.pass(frame),
                other => return Ok(other),
            }
        }
    }

    fn pass(&mut self, frame: Frame) {
        self.input.consume(frame.total);
        self.line += frame.lines;
        self.continued += frame.lines - 1;
    }

    /// Passes over everything up to the end of the header.
    fn skip_header(&mut self) -> Result<()> {
        if let Some(frame) = self.next_record()? {
            self.pass(frame);
        }
        self.header_lines = self.line - 1;
        self.continued = 0;
        Ok(())
    }

    fn found(&self) -> u64 {
        self.input.lines() - self.header_lines - self.continued
    }
}

/// Decodes one delimited file.
pub(crate) struct CsvDecoder {
    records: Records,
    fields: Fields,
    encoding: Encoding,
    n_fields: usize,
    batch: TextBatch,
}

impl CsvDecoder {
    /// # Errors
    /// The file cannot be read.
    pub(crate) fn open(plan: Arc<ScanPlan>, file: &BoundFile, format: &CsvFormat, wanted: &[usize]) -> Result<Self> {
        let mut records = Records::open(&file.input.pin, format)?;
        if format.header {
            records.skip_header()?;
        }
        records.lexer.fields = Some(file.n_fields);
        Ok(Self {
            records,
            fields: Fields::new(format),
            encoding: format.encoding,
            n_fields: file.n_fields,
            batch: TextBatch::new(plan, &file.origins, wanted),
        })
    }

    fn take(&mut self, frame: Frame) {
        let record = &self.records.input.pending()[..frame.content];
        let line = self.records.line;
        match frame.kind {
            FrameKind::Blank => self.batch.push_blank(),
            FrameKind::BadQuote => push_broken(&mut self.batch, self.encoding, line, Rule::Quote, record),
            FrameKind::Record if !self.fields.split(record) => {
                push_broken(&mut self.batch, self.encoding, line, Rule::Quote, record);
            }
            FrameKind::Record => self.take_record(line, frame),
        }
        self.records.pass(frame);
    }

    fn take_record(&mut self, line: u64, frame: Frame) {
        let Self { records, fields, batch, .. } = self;
        let record = &records.input.pending()[..frame.content];
        if self.encoding == Encoding::Utf8 && std::str::from_utf8(record).is_err() {
            return batch.push_broken(line, Rule::Encoding, record);
        }
        if fields.count != self.n_fields {
            return push_broken(batch, self.encoding, line, Rule::Fields, record);
        }
        if self.encoding == Encoding::Utf8 || fields.written().is_ascii() {
            let text = |bytes| std::str::from_utf8(bytes).map(Some).map_err(|_| Rule::Encoding);
            return batch.push_row(line, record, |column| text(fields.get(field_of(&column.origin))));
        }
        let cells: Option<Vec<_>> = (0..fields.count).map(|place| decoded(fields.get(place), self.encoding)).collect();
        match (cells, decoded(record, self.encoding)) {
            (Some(cells), Some(record)) => {
                batch.push_row(line, record.as_bytes(), |column| Ok(Some(cells[field_of(&column.origin)].as_ref())));
            }
            _ => batch.push_broken(line, Rule::Encoding, record),
        }
    }
}

/// Rejects a record, its text decoded where that is possible.
fn push_broken(batch: &mut TextBatch, encoding: Encoding, line: u64, rule: Rule, record: &[u8]) {
    match decoded(record, encoding) {
        Some(text) => batch.push_broken(line, rule, text.as_bytes()),
        None => batch.push_broken(line, rule, record),
    }
}

fn field_of(origin: &Origin) -> usize {
    match origin {
        Origin::File(field) => *field,
        Origin::Partition(_) => unreachable!("partition values are not asked of records"),
    }
}

impl Decoder for CsvDecoder {
    fn next(&mut self, rows: usize) -> Result<Option<Decoded>> {
        while self.batch.len() < rows {
            match self.records.peek()? {
                Some(frame) => self.take(frame),
                None => break,
            }
        }
        Ok(self.batch.finish())
    }

    fn found(&self) -> u64 {
        self.records.found()
    }
}
