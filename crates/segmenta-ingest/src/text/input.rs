//! A text file as a stream of bytes: decompressed, bounded, its lines counted.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use segmenta_pipeline::model::Compression;

use crate::error::{Error, Result};
use crate::files::{Pin, failed};

/// Bytes asked of a file at a time, at least.
const STEP_BYTES: usize = 256 * 1024;
/// A longer line is not read.
pub(crate) const MAX_LINE_BYTES: usize = 64 * 1024 * 1024;
/// Decompressed bytes per compressed byte above which a file is taken for a bomb, beyond a fixed allowance.
const MAX_EXPANSION: u64 = 1_000;
const EXPANSION_ALLOWANCE_BYTES: u64 = 256 * 1024 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The bytes of one text file, a window at a time.
pub(crate) struct TextInput {
    path: PathBuf,
    reader: Box<dyn Read + Send>,
    /// Compressed bytes read so far; `None` without compression.
    compressed: Option<Arc<AtomicU64>>,
    buffer: Vec<u8>,
    start: usize,
    total_bytes: u64,
    line_ends: u64,
    last_byte: u8,
    at_end: bool,
}

impl TextInput {
    /// Opens a pinned file.
    ///
    /// # Errors
    /// It cannot be opened, or is not the file that was pinned.
    pub(crate) fn open(pin: &Pin, compression: Compression) -> Result<Self> {
        let file = pin.open()?;
        let (reader, compressed) = decompressed(file, &pin.path, compression)?;
        let mut input = Self {
            path: pin.path.clone(),
            reader,
            compressed,
            buffer: Vec::new(),
            start: 0,
            total_bytes: 0,
            line_ends: 0,
            last_byte: b'\n',
            at_end: false,
        };
        while input.pending().len() < BYTE_ORDER_MARK.len() && !input.at_end {
            input.fill()?;
        }
        Ok(input)
    }

    /// Removes a UTF-8 byte-order mark from the start of the file.
    pub(crate) fn skip_byte_order_mark(&mut self) {
        if self.pending().starts_with(BYTE_ORDER_MARK) {
            self.consume(BYTE_ORDER_MARK.len());
            if self.total_bytes == BYTE_ORDER_MARK.len() as u64 {
                self.last_byte = b'\n';
            }
        }
    }

    /// Bytes read but not consumed.
    pub(crate) fn pending(&self) -> &[u8] {
        &self.buffer[self.start..]
    }

    /// Whether [`Self::pending`] is all that is left.
    pub(crate) fn at_end(&self) -> bool {
        self.at_end
    }

    pub(crate) fn consume(&mut self, bytes: usize) {
        self.start += bytes;
    }

    /// Lines of the file read so far, the last one with or without a line end. This count does not
    /// look at what the lines hold.
    pub(crate) fn lines(&self) -> u64 {
        self.line_ends + u64::from(self.last_byte != b'\n')
    }

    /// Makes more bytes pending. Each call at least doubles them, so that looking for the end of a long
    /// line from its start stays linear.
    ///
    /// # Errors
    /// The file cannot be read or unpacked, or a limit is exceeded.
    pub(crate) fn fill(&mut self) -> Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let before = self.buffer.len();
        if before > MAX_LINE_BYTES {
            return Err(self.limit("a line", format!("{MAX_LINE_BYTES} bytes")));
        }
        let wanted = before.max(STEP_BYTES) as u64;
        let read = self.reader.by_ref().take(wanted).read_to_end(&mut self.buffer);
        let read = read.map_err(|error| self.unreadable(error))?;
        self.at_end = (read as u64) < wanted;
        let new = &self.buffer[before..];
        self.line_ends += memchr::memchr_iter(b'\n', new).count() as u64;
        self.last_byte = new.last().copied().unwrap_or(self.last_byte);
        self.total_bytes += read as u64;
        self.check_expansion()
    }

    fn check_expansion(&self) -> Result<()> {
        let Some(compressed) = &self.compressed else {
            return Ok(());
        };
        let allowed = compressed.load(Ordering::Relaxed).saturating_mul(MAX_EXPANSION);
        if self.total_bytes <= allowed.saturating_add(EXPANSION_ALLOWANCE_BYTES) {
            return Ok(());
        }
        Err(self.limit("its expansion", format!("{MAX_EXPANSION} times its size")))
    }

    fn limit(&self, what: &str, limit: String) -> Error {
        Error::Limit { path: self.path.clone(), what: what.to_owned(), limit }
    }

    fn unreadable(&self, error: io::Error) -> Error {
        let damaged = self.compressed.is_some() && error.raw_os_error().is_none();
        if damaged {
            return Error::Damaged { path: self.path.clone(), reason: format!("it cannot be unpacked: {error}") };
        }
        failed("read", &self.path)(error)
    }
}

type Opened = (Box<dyn Read + Send>, Option<Arc<AtomicU64>>);

fn decompressed(file: File, path: &Path, compression: Compression) -> Result<Opened> {
    let counter = Arc::new(AtomicU64::new(0));
    let counted = BufReader::new(Counted { file, bytes: Arc::clone(&counter) });
    Ok(match resolve(path, compression) {
        Compression::Gzip => (Box::new(MultiGzDecoder::new(counted)), Some(counter)),
        Compression::Zstd => {
            let decoder = zstd::Decoder::with_buffer(counted).map_err(failed("read", path))?;
            (Box::new(decoder), Some(counter))
        }
        Compression::None | Compression::Auto => (Box::new(counted.into_inner()), None),
    })
}

fn resolve(path: &Path, compression: Compression) -> Compression {
    let ending = path.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
    match (compression, ending.as_deref()) {
        (Compression::Auto, Some("gz")) => Compression::Gzip,
        (Compression::Auto, Some("zst")) => Compression::Zstd,
        (Compression::Auto, _) => Compression::None,
        (declared, _) => declared,
    }
}

struct Counted {
    file: File,
    bytes: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.bytes.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
