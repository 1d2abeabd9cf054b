//! Text formats: delimited, one JSON value per line, fixed width.

mod batch;
pub(crate) mod csv;
pub(crate) mod fixed;
pub(crate) mod input;
mod lexer;
pub(crate) mod ndjson;

use encoding_rs::WINDOWS_1252;
use segmenta_pipeline::model::Encoding;
use std::borrow::Cow;

/// Bytes of a file as text; `None` when they are not text in that encoding. Windows-1252 gives its five
/// unassigned bytes the control characters of ISO 8859-1, so only UTF-8 can fail.
fn decoded(bytes: &[u8], encoding: Encoding) -> Option<Cow<'_, str>> {
    match encoding {
        Encoding::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
        Encoding::Latin1 => Some(encoding_rs::mem::decode_latin1(bytes)),
        Encoding::Cp1252 => WINDOWS_1252.decode_without_bom_handling_and_without_replacement(bytes),
    }
}
