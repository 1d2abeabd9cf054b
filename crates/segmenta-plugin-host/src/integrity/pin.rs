//! A digest that the pipeline expects of a library.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{is_digest, platform};
use crate::{Error, Result};

/// The digest of a library, or one for each platform. In TOML a text, or a table by platform:
/// `sha256 = { linux-x86_64-gnu = "9f2c…" }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Pin(Written);

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
enum Written {
    One(String),
    Each(BTreeMap<String, String>),
}

impl TryFrom<Written> for Pin {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let wrong = |digest: &&String| !is_digest(digest);
        let found = match &written {
            Written::One(digest) => Some(digest).filter(wrong),
            Written::Each(digests) => digests.values().find(wrong),
        };
        match found {
            Some(digest) => Err(format!("`{digest}` is no SHA-256 of 64 lower-case hex digits")),
            None => Ok(Self(written)),
        }
    }
}

impl Pin {
    /// One digest, whatever the platform.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn one(sha256: &str) -> Result<Self, String> {
        Self::try_from(Written::One(sha256.to_owned()))
    }

    /// A digest for each platform.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub fn each(sha256: BTreeMap<String, String>) -> Result<Self, String> {
        Self::try_from(Written::Each(sha256))
    }

    /// Whether the library of digest `sha256` is the one that is pinned for this platform.
    ///
    /// # Errors
    /// [`Error::PinMismatch`], also if only other platforms are pinned.
    pub fn check(&self, plugin: &str, sha256: &str) -> Result<()> {
        let expected = match &self.0 {
            Written::One(digest) => Some(digest),
            Written::Each(digests) => digests.get(&platform()),
        };
        if expected.is_some_and(|expected| expected == sha256) {
            return Ok(());
        }
        let expected = expected.cloned().unwrap_or_else(|| format!("none for {}", platform()));
        Err(Error::PinMismatch { plugin: plugin.to_owned(), expected, found: sha256.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_holds_for_its_platform_only() {
        let (good, bad) = ("a0".repeat(32), "b1".repeat(32));
        let one = Pin::one(&good).unwrap();
        one.check("p", &good).unwrap();
        assert_eq!(one.check("p", &bad).unwrap_err().code(), "pin-mismatch");
        let here = Pin::each([(platform(), good.clone())].into()).unwrap();
        here.check("p", &good).unwrap();
        let elsewhere = Pin::each([("plan9-mips".to_owned(), good.clone())].into()).unwrap();
        let error = elsewhere.check("p", &good).unwrap_err();
        assert!(error.to_string().contains(&format!("none for {}", platform())), "{error}");
        assert!(Pin::one("9f2c").is_err());
    }

    #[test]
    fn both_forms_are_read_from_toml() {
        #[derive(Deserialize)]
        struct Table {
            sha256: Pin,
        }
        let digest = "0f".repeat(32);
        let one: Table = toml::from_str(&format!("sha256 = \"{digest}\"")).unwrap();
        assert_eq!(one.sha256, Pin::one(&digest).unwrap());
        let each: Table = toml::from_str(&format!("sha256 = {{ linux-x86_64-gnu = \"{digest}\" }}")).unwrap();
        assert_eq!(each.sha256, Pin::each([("linux-x86_64-gnu".to_owned(), digest)].into()).unwrap());
        assert!(toml::from_str::<Table>("sha256 = \"short\"").is_err());
    }
}
