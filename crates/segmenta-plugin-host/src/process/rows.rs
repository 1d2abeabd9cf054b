//! Rows and columns as Arrow IPC: one record batch message and its body, without schema messages, since
//! both sides know the columns.

use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use arrow_array::{Array, RecordBatch, RecordBatchOptions, StructArray};
use arrow_buffer::Buffer;
use arrow_ipc::reader::read_record_batch;
use arrow_ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteOptions, StreamEncoder};
use arrow_schema::{ArrowError, Fields, Schema};

/// What every message starts with; the length of its head follows.
const CONTINUATION: [u8; 4] = [0xff; 4];
/// Bytes in front of a message's head.
const PREFIX: usize = 8;

/// The bytes of columns.
pub(super) fn write_columns(fields: &Fields) -> Vec<u8> {
    let schema = Schema::new(Fields::clone(fields));
    let (mut tracker, options) = (DictionaryTracker::new(false), IpcWriteOptions::default());
    let generator = IpcDataGenerator::default();
    generator.schema_to_bytes_with_dictionary_tracker(&schema, &mut tracker, &options).ipc_message
}

/// The columns of [`write_columns`].
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn read_columns(bytes: &[u8]) -> Result<Fields, String> {
    guarded(|| {
        let message = arrow_ipc::root_as_message(bytes).map_err(|error| error.to_string())?;
        let schema = message.header_as_schema().ok_or("its columns are no Arrow schema")?;
        Ok(arrow_ipc::convert::fb_to_schema(schema).fields)
    })
}

/// Buffers that put behind each other are the bytes of rows; they share the memory of `rows`.
///
/// # Errors
/// What Arrow cannot write.
pub(super) fn write(rows: &StructArray) -> Result<Vec<Buffer>, ArrowError> {
    let schema = Arc::new(Schema::new(Fields::clone(rows.fields())));
    let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
    let batch = RecordBatch::try_new_with_options(schema, rows.columns().to_vec(), &options)?;
    ENCODER.with_borrow_mut(|kept| {
        let mut encoder = match kept.take() {
            Some(encoder) => encoder,
            None => encoder()?,
        };
        let buffers = encoder.encode(&batch)?;
        // One that failed is not used again.
        *kept = Some(encoder);
        Ok(buffers)
    })
}

thread_local! {
    /// The encoder of a thread, once it has one.
    static ENCODER: RefCell<Option<StreamEncoder>> = const { RefCell::new(None) };
}

/// An encoder begins with the columns, which the other side knows. This one begins with none, and then
/// writes batches of any columns that are no dictionaries.
fn encoder() -> Result<StreamEncoder, ArrowError> {
    let none = Arc::new(Schema::empty());
    let mut encoder = StreamEncoder::try_new(&none)?;
    encoder.encode(&RecordBatch::new_empty(none))?;
    Ok(encoder)
}

/// The rows of [`write`], as many as there are, from a side that is believed in this.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn read_any(bytes: &Buffer, fields: &Fields) -> Result<StructArray, String> {
    guarded(|| rows(bytes, fields, None))
}

/// The rows of [`write`], which must be `length` of exactly the columns `fields`. Every value is looked at.
///
/// # Errors
/// What is wrong with the bytes.
pub(super) fn read(bytes: &Buffer, fields: &Fields, length: usize) -> Result<StructArray, String> {
    guarded(|| rows(bytes, fields, Some(length)))
}

fn rows(bytes: &Buffer, fields: &Fields, length: Option<usize>) -> Result<StructArray, String> {
    let batch = record_batch(bytes, fields, length)?;
    let (length, columns) = (batch.num_rows(), batch.columns().to_vec());
    StructArray::try_new_with_length(Fields::clone(fields), columns, None, length).map_err(|error| error.to_string())
}

fn record_batch(bytes: &Buffer, fields: &Fields, length: Option<usize>) -> Result<RecordBatch, String> {
    let head = head(bytes)?;
    let message = arrow_ipc::root_as_message(head).map_err(|error| error.to_string())?;
    let batch = message.header_as_record_batch().ok_or("they are another kind of Arrow message")?;
    let body = bytes.slice(PREFIX + head.len());
    if message.bodyLength() != body.len() as i64 {
        return Err(format!("{} bytes of them were announced, {} came", message.bodyLength(), body.len()));
    }
    if batch.compression().is_some() {
        return Err("they are compressed".to_owned());
    }
    match length {
        Some(length) if batch.length() != length as i64 => {
            return Err(format!("{} rows for {length} that went in", batch.length()));
        }
        _ => {}
    }
    let schema = Arc::new(Schema::new(Fields::clone(fields)));
    read_record_batch(&body, batch, schema, &HashMap::new(), None, &message.version())
        .map_err(|error| error.to_string())
}

/// The head of the message that `bytes` start with.
fn head(bytes: &[u8]) -> Result<&[u8], String> {
    let (prefix, rest) = bytes.split_at_checked(PREFIX).ok_or("they are cut short")?;
    if prefix[..4] != CONTINUATION {
        return Err("they are no Arrow message".to_owned());
    }
    let length = u32::from_le_bytes([prefix[4], prefix[5], prefix[6], prefix[7]]) as usize;
    rest.get(..length).ok_or_else(|| "they are cut short".to_owned())
}

/// Arrow panics on some of what is wrong.
fn guarded<T>(read: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    let read = catch_unwind(AssertUnwindSafe(read));
    read.unwrap_or_else(|_| Err("they cannot be read".to_owned()))
}

#[cfg(test)]
mod tests {
    use arrow_array::{ArrayRef, Int64Array, StringArray};
    use arrow_schema::{DataType, Field};

    use super::*;

    fn rows() -> StructArray {
        let text = StringArray::from(vec![Some("a"), None, Some("bcd"), Some("")]);
        let numbers = Int64Array::from(vec![1, 2, 3, 4]);
        let fields = vec![Field::new("label", DataType::Utf8, true), Field::new("n", DataType::Int64, false)];
        let columns: Vec<ArrayRef> = vec![Arc::new(text), Arc::new(numbers)];
        StructArray::new(fields.into(), columns, None)
    }

    fn bytes(rows: &StructArray) -> Vec<u8> {
        write(rows).unwrap().iter().flat_map(|buffer| buffer.to_vec()).collect()
    }

    #[test]
    fn rows_and_columns_survive_and_slices_too() {
        let rows = rows();
        let fields = read_columns(&write_columns(rows.fields())).unwrap();
        assert_eq!(&fields, rows.fields());
        for slice in [rows.clone(), rows.slice(1, 2), rows.slice(4, 0)] {
            let bytes = Buffer::from_vec(bytes(&slice));
            assert_eq!(read(&bytes, &fields, slice.len()).unwrap(), slice);
        }
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_an_error_or_valid_rows() {
        let rows = rows();
        let good = bytes(&rows);
        for at in 0..good.len() {
            assert!(read(&Buffer::from(&good[..at]), rows.fields(), 4).is_err(), "cut at {at}");
            let mut bad = good.clone();
            bad[at] ^= 0x81;
            if let Ok(read) = read(&Buffer::from_vec(bad), rows.fields(), 4) {
                read.to_data().validate_full().unwrap();
            }
        }
    }

    #[test]
    fn other_columns_rows_and_messages_are_refused() {
        let rows = rows();
        let good = Buffer::from_vec(bytes(&rows));
        assert_eq!(read(&good, rows.fields(), 3).unwrap_err(), "4 rows for 3 that went in");
        let swapped: Fields = rows.fields().iter().rev().map(Arc::clone).collect();
        assert!(read(&good, &swapped, 4).is_err());
        let columns = write_columns(rows.fields());
        let schema = [&CONTINUATION[..], &(columns.len() as u32).to_le_bytes(), &columns].concat();
        let problem = read(&Buffer::from_vec(schema), rows.fields(), 4).unwrap_err();
        assert_eq!(problem, "they are another kind of Arrow message");
        let longer = [good.as_slice(), &[0; 8]].concat();
        assert!(read(&Buffer::from_vec(longer), rows.fields(), 4).unwrap_err().contains("were announced"));
    }
}
