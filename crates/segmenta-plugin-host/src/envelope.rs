//! A stored model: what it was made by and from, the plugin's bytes, and a digest over both.
//!
//! ```text
//! "SEGMODL1" | length of the header, 8 bytes, little-endian | header, JSON | payload | SHA-256
//! ```

use segmenta_plugin_abi::TARGET;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Error, FittedModel, Instance, Result};

const MAGIC: &[u8; 8] = b"SEGMODL1";
/// Bytes of a digest.
const DIGEST: usize = 32;

/// What a stored model was made by and from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Name of the plugin.
    pub plugin: String,
    /// Version of the plugin. Another version may read the model.
    pub plugin_version: String,
    /// Digest of the plugin.
    pub plugin_sha256: String,
    /// Name of the criterion.
    pub criterion: String,
    /// Layout of the payload.
    pub model_format: u32,
    /// Digest of the options that the model depends on.
    pub params_hash: String,
    /// Digest of names and types of the columns.
    pub input_hash: String,
    /// The columns.
    pub inputs: Vec<InputColumn>,
    /// Passes over the rows.
    pub passes: u32,
    /// Leaves of the rows.
    pub leaves: u64,
    /// Rows.
    pub rows: u64,
    /// The moment of the run, exclusive, in microseconds since 1970-01-01 UTC.
    pub as_of_us: i64,
    /// The run that fitted it.
    pub run_id: String,
    /// Seed of the fit.
    pub seed: u64,
    /// Target triple of the program that fitted it.
    pub platform: String,
    /// Version of the program that fitted it.
    pub host_version: String,
    /// What the plugin said of the model when it was fitted, to compare models without the plugin; null where
    /// nobody asked.
    #[serde(default)]
    pub description: Value,
}

/// A column that a model was fitted on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputColumn {
    /// The criterion's name of it.
    pub name: String,
    /// The pipeline's name of it.
    pub column: String,
    /// Arrow type that the plugin got.
    pub data_type: String,
}

impl Instance {
    /// The header of a model that this instance fitted with `seed`.
    ///
    /// # Errors
    /// [`Error::WrongKind`] if the criterion is not fitted.
    pub fn header(&self, model: &FittedModel, run_id: &str, seed: u64) -> Result<Header> {
        let identity = self.identity().clone();
        Ok(Header {
            plugin: identity.plugin,
            plugin_version: identity.version,
            plugin_sha256: identity.sha256,
            criterion: identity.criterion,
            model_format: self.fit_info()?.model_format,
            params_hash: identity.params_hash,
            input_hash: identity.input_hash,
            inputs: self.inputs(),
            passes: model.passes,
            leaves: model.leaves,
            rows: model.rows,
            as_of_us: self.as_of_us,
            run_id: run_id.to_owned(),
            seed,
            platform: TARGET.to_owned(),
            host_version: env!("CARGO_PKG_VERSION").to_owned(),
            description: Value::Null,
        })
    }

    /// Whether a stored model may be used here: same criterion, options and columns, and a format that
    /// the plugin reads. Version and digest of the plugin may differ.
    ///
    /// # Errors
    /// [`Error::ModelMismatch`] naming the first difference, [`Error::WrongKind`].
    pub fn accepts(&self, header: &Header) -> Result<()> {
        let reads = &self.fit_info()?.reads_formats;
        let identity = self.identity();
        let same = [
            ("plugin", header.plugin == identity.plugin),
            ("criterion", header.criterion == identity.criterion),
            ("model format", reads.contains(&header.model_format)),
            ("set of options", header.params_hash == identity.params_hash),
            ("set of columns", header.input_hash == identity.input_hash),
        ];
        match same.iter().find(|(_, same)| !same) {
            None => Ok(()),
            Some((what, _)) => Err(Error::ModelMismatch { criterion: identity.criterion.clone(), what }),
        }
    }
}

/// The bytes to store.
pub fn wrap(header: &Header, payload: &[u8]) -> Vec<u8> {
    let header = serde_json::to_vec(header).expect("a header of texts and numbers is always JSON");
    let mut bytes = MAGIC.to_vec();
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    bytes.extend(payload);
    let digest = Sha256::digest(&bytes);
    bytes.extend(digest);
    bytes
}

/// Header and payload of stored bytes, which may be anything.
///
/// # Errors
/// [`Error::Envelope`].
pub fn unwrap(bytes: &[u8]) -> Result<(Header, &[u8])> {
    let bad = |problem: &str| Error::Envelope { problem: problem.to_owned() };
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| bad("it does not start with `SEGMODL1`"))?;
    let (content, digest) = bytes.split_last_chunk::<DIGEST>().ok_or_else(|| bad("it is cut short"))?;
    if Sha256::digest(content).as_slice() != digest {
        return Err(bad("its digest does not match its content"));
    }
    let (len, rest) = rest.split_first_chunk().ok_or_else(|| bad("it is cut short"))?;
    let rest = rest.len().checked_sub(DIGEST).map(|end| &rest[..end]);
    let rest = rest.ok_or_else(|| bad("it is cut short"))?;
    let len = usize::try_from(u64::from_le_bytes(*len)).unwrap_or(usize::MAX);
    let (header, payload) = rest.split_at_checked(len).ok_or_else(|| bad("its header is cut short"))?;
    let header = serde_json::from_slice(header).map_err(|error| bad(&error.to_string()))?;
    Ok((header, payload))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> Header {
        Header {
            plugin: "p".into(),
            plugin_version: "1.0.0".into(),
            plugin_sha256: "00".into(),
            criterion: "c".into(),
            model_format: 1,
            params_hash: "aa".into(),
            input_hash: "bb".into(),
            inputs: vec![InputColumn { name: "x".into(), column: "spend".into(), data_type: "Float64".into() }],
            passes: 2,
            leaves: 3,
            rows: 4,
            as_of_us: -5,
            run_id: "r".into(),
            seed: u64::MAX,
            platform: "here".into(),
            host_version: "0".into(),
            description: Value::Null,
        }
    }

    #[test]
    fn what_was_wrapped_is_unwrapped() {
        let bytes = wrap(&header(), b"payload");
        let (read, payload) = unwrap(&bytes).unwrap();
        assert_eq!((read, payload), (header(), b"payload".as_slice()));
        let bytes = wrap(&header(), b"");
        assert!(unwrap(&bytes).unwrap().1.is_empty());
    }

    #[test]
    fn every_prefix_and_every_flipped_byte_is_refused() {
        let bytes = wrap(&header(), b"payload");
        for end in 0..bytes.len() {
            assert_eq!(unwrap(&bytes[..end]).unwrap_err().code(), "bad-model", "{end}");
        }
        for at in 0..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert_eq!(unwrap(&flipped).unwrap_err().code(), "bad-model", "{at}");
        }
    }

    #[test]
    fn a_header_length_beyond_the_bytes_is_refused() {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(u64::MAX.to_le_bytes());
        let digest = Sha256::digest(&bytes);
        bytes.extend(digest);
        assert_eq!(unwrap(&bytes).unwrap_err().code(), "bad-model");
    }
}
