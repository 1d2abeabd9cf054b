//! Records as JSON text, with a format number.

use std::path::Path;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The format this program writes. New fields keep it; a changed meaning raises it, so that an
/// older program refuses the record instead of misreading it.
pub(crate) const FORMAT: u32 = 1;

#[derive(Deserialize)]
struct Envelope {
    format: u32,
}

/// Indented text with a final line end.
pub(crate) fn text<T: Serialize>(path: &Path, value: &T) -> Result<Vec<u8>> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|source| Error::Malformed { path: path.to_path_buf(), source })?;
    text.push(b'\n');
    Ok(text)
}

/// Reads a record after a look at its format.
pub(crate) fn parse<T: DeserializeOwned>(path: &Path, text: &[u8]) -> Result<T> {
    let malformed = |source| Error::Malformed { path: path.to_path_buf(), source };
    let envelope: Envelope = serde_json::from_slice(text).map_err(malformed)?;
    if envelope.format > FORMAT {
        return Err(Error::Newer { path: path.to_path_buf(), found: envelope.format, supported: FORMAT });
    }
    serde_json::from_slice(text).map_err(malformed)
}

/// A record that is JSON but says something impossible.
pub(crate) fn impossible(path: &Path, message: &str) -> Error {
    let source = serde_json::Error::custom(message);
    Error::Malformed { path: path.to_path_buf(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_newer_format_is_refused_before_its_fields_are_read() {
        let error = parse::<u8>(Path::new("r.json"), br#"{"format": 2, "odd": []}"#).unwrap_err();
        assert!(matches!(error, Error::Newer { found: 2, supported: 1, .. }), "{error}");
    }
}
