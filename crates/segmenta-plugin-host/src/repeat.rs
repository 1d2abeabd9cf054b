//! How alike two results of a criterion are, as its plugin declares it.

use segmenta_plugin_sdk::Repeat;
use serde::Deserialize;

/// The member `repeat` of a criterion.
#[derive(Default, Deserialize)]
pub(crate) struct Declared {
    apply: Option<String>,
    fit: Option<String>,
}

impl Declared {
    /// How alike two results of the same rows and model are.
    ///
    /// # Errors
    /// As [`read`].
    pub(crate) fn apply(&self) -> Result<Repeat, String> {
        read(self.apply.as_deref())
    }

    /// How alike two models of the same rows are.
    ///
    /// # Errors
    /// As [`read`].
    pub(crate) fn fit(&self) -> Result<Repeat, String> {
        read(self.fit.as_deref())
    }
}

/// `bitwise`, `tolerance:` with a relative difference, or `none`. Nothing is `bitwise`. A word of a later
/// version is read as `none`, which promises least.
///
/// # Errors
/// What is wrong with the number of a tolerance.
fn read(word: Option<&str>) -> Result<Repeat, String> {
    let Some(word) = word else {
        return Ok(Repeat::Bitwise);
    };
    match word.split_once(':') {
        None if word == "bitwise" => Ok(Repeat::Bitwise),
        Some(("tolerance", share)) => match share.parse::<f64>() {
            Ok(share) if share.is_finite() && share >= 0.0 => Ok(Repeat::Tolerance(share)),
            _ => Err(format!("`{word:.40}` is no tolerance: a number of at least 0 follows, such as `tolerance:1e-9`")),
        },
        _ => Ok(Repeat::Never),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_sdk_writes_is_read() {
        for repeat in [Repeat::Bitwise, Repeat::Tolerance(1e-9), Repeat::Tolerance(0.25), Repeat::Never] {
            assert_eq!(read(Some(&repeat.name())), Ok(repeat));
        }
    }

    #[test]
    fn silence_is_bitwise_and_an_unknown_word_promises_nothing() {
        assert_eq!(read(None), Ok(Repeat::Bitwise));
        for word in ["nearly", "", "bitwise:2", "Bitwise"] {
            assert_eq!(read(Some(word)), Ok(Repeat::Never), "{word}");
        }
    }

    #[test]
    fn a_tolerance_is_a_finite_number_that_is_not_negative() {
        for word in ["tolerance:", "tolerance:x", "tolerance:-1", "tolerance:inf", "tolerance:nan"] {
            assert!(read(Some(word)).unwrap_err().contains(word), "{word}");
        }
    }
}
