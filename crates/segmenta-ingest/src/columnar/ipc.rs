//! Arrow IPC, file and stream.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::reader::{FileReader, StreamReader};
use arrow::ipc::{MessageHeader, RecordBatch as BatchHeader, root_as_footer, root_as_message};

use super::{MAX_COLUMNS, MAX_METADATA_BYTES, contract_columns};
use crate::bind::{BoundFile, Origin};
use crate::decoded::{Decoded, Decoder, Numbers, Texts};
use crate::error::{Error, Result};
use crate::files::{Pin, failed};
use crate::plan::ScanPlan;
use segmenta_pipeline::model::BadRowAction;

const FILE_MAGIC: &[u8] = b"ARROW1";
/// Footer length and magic.
const FILE_TAIL_BYTES: u64 = 10;
const CONTINUATION: u32 = u32::MAX;
/// A compressed buffer may claim to be this many times longer, beyond a fixed allowance.
const MAX_EXPANSION: u64 = 1_000;
const EXPANSION_ALLOWANCE_BYTES: u64 = 64 * 1024 * 1024;

/// The schema of a file and the rows its message headers announce.
///
/// The headers are walked without the reader that decodes the rows, and every length in them is checked
/// against the file before anything of that length is allocated. A stream must end with its end mark:
/// one that was cut between two messages would look complete otherwise.
///
/// # Errors
/// The file is not Arrow IPC, is cut short, or announces what it does not hold.
pub(crate) fn survey(pin: &Pin) -> Result<(SchemaRef, u64)> {
    let mut walk = Walk { file: BufReader::new(pin.open()?), pin, rows: 0 };
    if walk.is_file()? {
        walk.blocks()?
    } else {
        walk.messages()?
    }
    let rows = walk.rows;
    let schema = open(pin)?.schema();
    if schema.fields().len() > MAX_COLUMNS {
        let limit = MAX_COLUMNS.to_string();
        return Err(Error::Limit { path: pin.path.clone(), what: "its number of columns".into(), limit });
    }
    Ok((schema, rows))
}

/// Where a message's body starts and ends.
#[derive(Debug, Clone, Copy)]
struct Extent {
    body: u64,
    end: u64,
}

struct Walk<'a> {
    file: BufReader<File>,
    pin: &'a Pin,
    rows: u64,
}

impl Walk<'_> {
    fn damaged(&self, reason: &str) -> Error {
        Error::Damaged { path: self.pin.path.clone(), reason: reason.to_owned() }
    }

    /// `length` bytes at `start`, if the file and the limit allow it.
    fn bytes(&mut self, start: u64, length: u64) -> Result<Vec<u8>> {
        if length > MAX_METADATA_BYTES || start.checked_add(length).is_none_or(|end| end > self.pin.size) {
            return Err(self.damaged("a message is longer than the file"));
        }
        let mut bytes = vec![0; length as usize];
        let io = failed("read", &self.pin.path);
        self.file.seek(SeekFrom::Start(start)).map_err(&io)?;
        self.file.read_exact(&mut bytes).map_err(&io)?;
        Ok(bytes)
    }

    fn is_file(&mut self) -> Result<bool> {
        Ok(self.pin.size >= FILE_MAGIC.len() as u64 && self.bytes(0, FILE_MAGIC.len() as u64)? == FILE_MAGIC)
    }

    fn blocks(&mut self) -> Result<()> {
        let body = self.pin.size.checked_sub(FILE_TAIL_BYTES).ok_or_else(|| self.damaged("it has no footer"))?;
        let tail = self.bytes(body, FILE_TAIL_BYTES)?;
        if &tail[4..] != FILE_MAGIC {
            return Err(self.damaged("it does not end as an Arrow file does"));
        }
        let length = u64::from(u32::from_le_bytes([tail[0], tail[1], tail[2], tail[3]]));
        let start = body.checked_sub(length).ok_or_else(|| self.damaged("its footer is longer than the file"))?;
        let footer = self.bytes(start, length)?;
        let footer = root_as_footer(&footer).map_err(|error| self.damaged(&error.to_string()))?;
        let dictionaries = footer.dictionaries().into_iter().flatten();
        for block in dictionaries.chain(footer.recordBatches().into_iter().flatten()) {
            let lengths = [block.offset(), i64::from(block.metaDataLength()), block.bodyLength()];
            let [offset, metadata, body] = lengths.map(|length| u64::try_from(length).unwrap_or(u64::MAX));
            let body_start = offset.saturating_add(metadata);
            let end = body_start.saturating_add(body);
            if end > self.pin.size {
                return Err(self.damaged("a block lies outside the file"));
            }
            let message = self.message(offset)?;
            if message.is_none_or(|message| message.body != body_start || message.end > end) {
                return Err(self.damaged("its footer and a message disagree"));
            }
        }
        Ok(())
    }

    fn messages(&mut self) -> Result<()> {
        let mut at = 0;
        while at < self.pin.size {
            match self.message(at)? {
                Some(message) => at = message.end,
                None => return Ok(()),
            }
        }
        Err(self.damaged("the stream has no end mark"))
    }

    /// Checks the message at `start`; `None` at the end mark.
    fn message(&mut self, start: u64) -> Result<Option<Extent>> {
        let first = self.word(start)?;
        let (length, header) =
            if first == CONTINUATION { (self.word(start + 4)?, start + 8) } else { (first, start + 4) };
        if length == 0 {
            return Ok(None);
        }
        let metadata = self.bytes(header, u64::from(length))?;
        let message = root_as_message(&metadata).map_err(|error| self.damaged(&error.to_string()))?;
        let body = header + u64::from(length);
        let body_length = u64::try_from(message.bodyLength()).ok();
        let end = body_length.and_then(|length| body.checked_add(length)).filter(|&end| end <= self.pin.size);
        let end = end.ok_or_else(|| self.damaged("a message is longer than the file"))?;
        match message.header_type() {
            MessageHeader::RecordBatch => {
                let batch = message.header_as_record_batch().ok_or_else(|| self.damaged("a batch has no header"))?;
                self.rows +=
                    u64::try_from(batch.length()).map_err(|_| self.damaged("a batch has a negative length"))?;
                self.buffers(&batch, body, end)?;
            }
            MessageHeader::DictionaryBatch => {
                let batch = message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data());
                let batch = batch.ok_or_else(|| self.damaged("a dictionary has no header"))?;
                self.buffers(&batch, body, end)?;
            }
            _ => {}
        }
        Ok(Some(Extent { body, end }))
    }

    fn word(&mut self, start: u64) -> Result<u32> {
        let bytes = self.bytes(start, 4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    /// Buffers lie in their message's body, and compressed ones do not claim an absurd length.
    fn buffers(&mut self, batch: &BatchHeader<'_>, body: u64, end: u64) -> Result<()> {
        let compressed = batch.compression().is_some();
        for buffer in batch.buffers().into_iter().flatten() {
            let (offset, length) = (u64::try_from(buffer.offset()).ok(), u64::try_from(buffer.length()).ok());
            let start = offset.and_then(|offset| body.checked_add(offset));
            let (Some(start), Some(length)) = (start, length) else {
                return Err(self.damaged("a buffer lies outside its message"));
            };
            if start.checked_add(length).is_none_or(|stop| stop > end) {
                return Err(self.damaged("a buffer lies outside its message"));
            }
            if compressed && length >= 8 {
                let claim = self.bytes(start, 8)?;
                let claim = i64::from_le_bytes(claim.try_into().expect("eight bytes were read"));
                if claim > (length * MAX_EXPANSION + EXPANSION_ALLOWANCE_BYTES) as i64 {
                    let limit = format!("{MAX_EXPANSION} times its size");
                    let what = "the expansion of a buffer".to_owned();
                    return Err(Error::Limit { path: self.pin.path.clone(), what, limit });
                }
            }
        }
        Ok(())
    }
}

enum Reader {
    File(FileReader<BufReader<File>>),
    Stream(StreamReader<BufReader<File>>),
}

impl Reader {
    fn schema(&self) -> SchemaRef {
        match self {
            Self::File(reader) => reader.schema(),
            Self::Stream(reader) => reader.schema(),
        }
    }

    fn next(&mut self) -> Option<Result<RecordBatch, ArrowError>> {
        match self {
            Self::File(reader) => reader.next(),
            Self::Stream(reader) => reader.next(),
        }
    }
}

fn open(pin: &Pin) -> Result<Reader> {
    let is_file = Walk { file: BufReader::new(pin.open()?), pin, rows: 0 }.is_file()?;
    let file = BufReader::new(pin.open()?);
    let reader = match is_file {
        true => FileReader::try_new(file, None).map(Reader::File),
        false => StreamReader::try_new(file, None).map(Reader::Stream),
    };
    reader.map_err(|error| Error::Damaged { path: pin.path.clone(), reason: error.to_string() })
}

/// Decodes one IPC file. A batch of the file is handed on in pieces.
pub(crate) struct IpcDecoder {
    plan: Arc<ScanPlan>,
    pin: Pin,
    origins: Vec<Origin>,
    wanted: Vec<usize>,
    reader: Reader,
    rest: Option<RecordBatch>,
    next_row: u64,
    found: u64,
}

impl IpcDecoder {
    /// # Errors
    /// The file changed, or cannot be read.
    pub(crate) fn open(plan: Arc<ScanPlan>, file: &BoundFile, wanted: &[usize]) -> Result<Self> {
        let pin = file.input.pin.clone();
        let reader = open(&pin)?;
        let (origins, wanted) = (file.origins.clone(), wanted.to_vec());
        Ok(Self { plan, pin, origins, wanted, reader, rest: None, next_row: 1, found: file.announced_rows })
    }

    fn next_batch(&mut self) -> Result<Option<RecordBatch>> {
        if let Some(rest) = self.rest.take() {
            return Ok(Some(rest));
        }
        let damaged = |error: ArrowError| Error::Damaged { path: self.pin.path.clone(), reason: error.to_string() };
        self.reader.next().transpose().map_err(damaged)
    }
}

impl Decoder for IpcDecoder {
    fn next(&mut self, rows: usize) -> Result<Option<Decoded>> {
        let Some(batch) = self.next_batch()? else {
            return Ok(None);
        };
        let taken = rows.max(1).min(batch.num_rows());
        if taken < batch.num_rows() {
            self.rest = Some(batch.slice(taken, batch.num_rows() - taken));
        }
        let batch = batch.slice(0, taken);
        let found = |field: usize| batch.column(field);
        let (columns, failures) = contract_columns(&self.plan, &self.origins, &self.wanted, taken, found)?;
        let numbers = Numbers::From(self.next_row);
        self.next_row += taken as u64;
        let unwanted = self.plan.bad_rows.action == BadRowAction::Drop;
        let texts = if unwanted { Texts::Unwanted } else { Texts::Columns(batch) };
        Ok(Some(Decoded { columns, rows: taken, numbers, texts, failures, broken: Vec::new(), blank: 0 }))
    }

    fn found(&self) -> u64 {
        self.found
    }
}
