//! One JSON object per line, UTF-8.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use segmenta_pipeline::model::{ColumnType, Compression};
use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::batch::{Cell, TextBatch};
use super::input::TextInput;
use super::lexer::{FrameKind, line};
use crate::bind::{BoundFile, Origin};
use crate::decoded::{Decoded, Decoder};
use crate::error::Result;
use crate::plan::ScanPlan;
use crate::rule::Rule;

/// Decodes one NDJSON file. A key that is missing is null; keys the contract does not name are ignored;
/// a declared key that occurs twice in an object makes it bad.
///
/// Numbers are read from their digits, not through binary floating point. Strings are not numbers, and
/// numbers are not strings; dates, times and exact decimals may be strings.
pub(crate) struct NdjsonDecoder {
    input: TextInput,
    /// Contract place by key, for the columns that are read.
    keys: BTreeMap<String, usize>,
    types: Vec<ColumnType>,
    /// From 1.
    line: u64,
    batch: TextBatch,
}

impl NdjsonDecoder {
    /// # Errors
    /// The file cannot be opened.
    pub(crate) fn open(plan: Arc<ScanPlan>, file: &BoundFile, wanted: &[usize]) -> Result<Self> {
        let mut input = TextInput::open(&file.input.pin, Compression::Auto)?;
        input.skip_byte_order_mark();
        let columns = &plan.contract.columns;
        let from_file = wanted.iter().filter(|&&place| matches!(file.origins[place], Origin::File(_)));
        Ok(Self {
            input,
            keys: from_file.map(|&place| (columns[place].file_name.clone(), place)).collect(),
            types: columns.iter().map(|column| column.declared.unwrap_or(ColumnType::String)).collect(),
            line: 1,
            batch: TextBatch::new(Arc::clone(&plan), &file.origins, wanted),
        })
    }

    fn take(&mut self, content: usize, kind: FrameKind) {
        let record = &self.input.pending()[..content];
        if kind == FrameKind::Blank || record.iter().all(u8::is_ascii_whitespace) {
            return self.batch.push_blank();
        }
        let Ok(text) = std::str::from_utf8(record) else {
            return self.batch.push_broken(self.line, Rule::Encoding, record);
        };
        let mut deserializer = serde_json::Deserializer::from_str(text);
        let object = Object { keys: &self.keys, n_columns: self.types.len() };
        let cells = object.deserialize(&mut deserializer).and_then(|cells| deserializer.end().map(|()| cells));
        let Ok(cells) = cells else {
            return self.batch.push_broken(self.line, Rule::Json, record);
        };
        let texts: Vec<_> =
            cells.iter().zip(&self.types).map(|(cell, &data_type)| cell_text(*cell, data_type)).collect();
        self.batch.push_row(self.line, record, |column| -> Cell<'_> {
            match &texts[column.place] {
                Ok(text) => Ok(text.as_deref()),
                Err(rule) => Err(*rule),
            }
        });
    }
}

impl Decoder for NdjsonDecoder {
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
        self.input.lines()
    }
}

/// The text of a JSON value that a column of this type can be read from; `None` for null.
fn cell_text(cell: Option<&RawValue>, data_type: ColumnType) -> Result<Option<Cow<'_, str>>, Rule> {
    let Some(raw) = cell.map(RawValue::get).filter(|raw| *raw != "null") else {
        return Ok(None);
    };
    let textual =
        matches!(data_type, ColumnType::String | ColumnType::Date | ColumnType::Timestamp | ColumnType::Decimal(..));
    match raw.as_bytes()[0] {
        b'"' if textual => {
            let text: JsonText<'_> = serde_json::from_str(raw).map_err(|_| Rule::Json)?;
            Ok(Some(text.0))
        }
        b't' | b'f' if data_type == ColumnType::Bool => Ok(Some(Cow::Borrowed(raw))),
        b'-' | b'0'..=b'9' if is_number(data_type) => Ok(Some(Cow::Borrowed(raw))),
        _ => Err(Rule::Type),
    }
}

fn is_number(data_type: ColumnType) -> bool {
    !matches!(data_type, ColumnType::String | ColumnType::Date | ColumnType::Timestamp | ColumnType::Bool)
}

#[derive(serde::Deserialize)]
struct JsonText<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads an object into one slot per contract column.
struct Object<'k> {
    keys: &'k BTreeMap<String, usize>,
    n_columns: usize,
}

impl<'de> DeserializeSeed<'de> for Object<'_> {
    type Value = Vec<Option<&'de RawValue>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Object<'_> {
    type Value = Vec<Option<&'de RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut cells = vec![None; self.n_columns];
        while let Some(key) = map.next_key_seed(KeyText)? {
            let Some(&place) = self.keys.get(key.as_ref()) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            if cells[place].replace(map.next_value::<&RawValue>()?).is_some() {
                return Err(A::Error::custom("a key occurs twice"));
            }
        }
        Ok(cells)
    }
}

struct KeyText;

impl<'de> DeserializeSeed<'de> for KeyText {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        JsonText::deserialize(deserializer).map(|text| text.0)
    }
}
