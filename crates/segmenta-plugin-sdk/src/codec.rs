//! Partials, carries and models as bytes: equal values give equal bytes on every machine.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// # Errors
/// [`Error::Internal`] for a type that `postcard` cannot store.
pub(crate) fn to_bytes<T: Serialize>(what: &str, value: &T) -> Result<Vec<u8>> {
    let bytes = postcard::to_allocvec(value);
    bytes.map_err(|error| Error::internal(format!("the {what} cannot be stored: {error}")))
}

/// The bytes may be hostile: lengths in them reserve no memory that the bytes do not back.
///
/// # Errors
/// [`Error::Model`] if they are cut, too long, or hold something else.
pub(crate) fn from_bytes<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T> {
    let unreadable = |problem: &str| Error::model(format!("the {what} is unreadable: {problem}"));
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, rest)) => Err(unreadable(&format!("{} bytes too many", rest.len()))),
        Err(error) => Err(unreadable(&error.to_string())),
    }
}

/// A model with its format in front.
///
/// # Errors
/// As [`to_bytes`].
pub(crate) fn model_to_bytes<T: Serialize>(format: u32, model: &T) -> Result<Vec<u8>> {
    let mut bytes = format.to_le_bytes().to_vec();
    bytes.extend(to_bytes("model", model)?);
    Ok(bytes)
}

/// Format and content of a stored model.
///
/// # Errors
/// [`Error::Model`] if there is not even a format.
pub(crate) fn split_model(bytes: &[u8]) -> Result<(u32, &[u8])> {
    let (format, content) = bytes.split_first_chunk().ok_or_else(|| Error::model("the model is cut short"))?;
    Ok((u32::from_le_bytes(*format), content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bit_of_a_number_survives() {
        let values = [0.1_f64, -0.0, f64::MIN_POSITIVE / 2.0, f64::INFINITY, f64::NAN];
        let bytes = to_bytes("partial", &values.to_vec()).unwrap();
        assert_eq!(bytes.len(), 1 + 5 * 8);
        let read: Vec<f64> = from_bytes("partial", &bytes).unwrap();
        assert_eq!(read.map_bits(), values.to_vec().map_bits());
    }

    #[test]
    fn every_shorter_or_longer_form_is_refused() {
        let bytes = to_bytes("partial", &vec![1.0_f64, 2.0]).unwrap();
        for end in 0..bytes.len() {
            assert!(from_bytes::<Vec<f64>>("partial", &bytes[..end]).is_err(), "{end}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert!(from_bytes::<Vec<f64>>("partial", &longer).is_err());
    }

    #[test]
    fn a_huge_length_reserves_nothing() {
        let hostile = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f];
        assert!(from_bytes::<Vec<f64>>("partial", &hostile).is_err());
    }

    trait Bits {
        fn map_bits(self) -> Vec<u64>;
    }

    impl Bits for Vec<f64> {
        fn map_bits(self) -> Vec<u64> {
            self.into_iter().map(f64::to_bits).collect()
        }
    }
}
