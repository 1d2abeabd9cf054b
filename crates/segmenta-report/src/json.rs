//! `report.json`: the report as it is kept and read by other programs.

use serde::Deserialize;

use crate::{Error, Report};

/// The text of `report.json`: two-space indented, keys in the order of the model, one newline at
/// the end. Reading it back gives an equal report.
///
/// # Errors
/// [`Error::NotFinite`] if a number is NaN or infinite, [`Error::Write`] if it cannot be written.
pub fn to_json(report: &Report) -> Result<String, Error> {
    let mut text = serde_json::to_string_pretty(report).map_err(Error::Write)?;
    text.push('\n');
    // A number that is not finite is written as null, which reads back as something else.
    match serde_json::from_str::<Report>(&text) {
        Ok(read_back) if read_back == *report => Ok(text),
        _ => Err(Error::NotFinite),
    }
}

/// The report of a `report.json` of schema version 1; unknown fields of a newer minor version are
/// passed over.
///
/// # Errors
/// [`Error::SchemaVersion`] for another major version, [`Error::Read`] if the text is not a report.
pub fn from_json(text: &str) -> Result<Report, Error> {
    let versioned: Versioned = serde_json::from_str(text).map_err(Error::Read)?;
    if !versioned.schema_version.starts_with("1.") {
        return Err(Error::SchemaVersion { found: versioned.schema_version, expected: "1.x" });
    }
    serde_json::from_str(text).map_err(Error::Read)
}

/// The one field that every version has.
#[derive(Deserialize)]
struct Versioned {
    schema_version: String,
}
