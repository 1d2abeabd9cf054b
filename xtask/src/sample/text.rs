//! Writing the sample's files.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::Error;

/// Creates a directory and those above it.
pub(crate) fn create_directory(directory: &Path) -> Result<(), Error> {
    fs::create_dir_all(directory).map_err(Error::file(directory))
}

/// Writes a text file.
pub(crate) fn write_text(path: PathBuf, text: &str) -> Result<PathBuf, Error> {
    fs::write(&path, text).map_err(Error::file(&path))?;
    Ok(path)
}

/// Writes `dirt.json`.
pub(crate) fn write_dirt(directory: &Path, dirt: &impl Serialize) -> Result<PathBuf, Error> {
    let text = serde_json::to_string_pretty(dirt).expect("counts have no keys that JSON cannot write");
    write_text(directory.join("dirt.json"), &(text + "\n"))
}

/// One CSV record, quoted where needed, with its line end.
pub(crate) fn csv_record(fields: &[&str]) -> String {
    let quoted: Vec<String> = fields.iter().map(|field| csv_field(field)).collect();
    quoted.join(",") + "\n"
}

fn csv_field(field: &str) -> String {
    if field.contains([',', '"', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}

/// Cents as a decimal number: `-12.05`.
pub(crate) fn decimal(cents: i64) -> String {
    let sign = if cents < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
}

/// Rows as a number for `dirt.json`.
pub(crate) fn count(rows: usize) -> u64 {
    u64::try_from(rows).expect("a number of rows fits 64 bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_only_what_needs_it() {
        assert_eq!(csv_record(&["a b", "c,d", "e\"f"]), "a b,\"c,d\",\"e\"\"f\"\n");
    }

    #[test]
    fn writes_cents_with_their_sign() {
        assert_eq!(decimal(-5), "-0.05");
        assert_eq!(decimal(123_456), "1234.56");
    }
}
