//! Shares as people write them.

use std::borrow::Cow;
use std::fmt;

use schemars::{Schema, SchemaGenerator, json_schema};
use segmenta_plugin_sdk::prelude::*;
use serde::de::{self, Deserializer, Visitor};

/// A part of a whole: `"80%"` or `0.8` in a file, above 0 and at most 1 here.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize)]
pub struct Share(f64);

impl Share {
    /// A share; `None` unless above 0 and at most 1.
    pub fn new(share: f64) -> Option<Self> {
        (share > 0.0 && share <= 1.0).then_some(Self(share))
    }

    /// Above 0 and at most 1.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShareVisitor)
    }
}

struct ShareVisitor;

impl Visitor<'_> for ShareVisitor {
    type Value = Share;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a share above 0 and at most 1, such as \"80%\" or 0.8")
    }

    fn visit_f64<E: de::Error>(self, share: f64) -> Result<Share, E> {
        Share::new(share).ok_or_else(|| E::invalid_value(de::Unexpected::Float(share), &self))
    }

    fn visit_u64<E: de::Error>(self, share: u64) -> Result<Share, E> {
        self.visit_f64(share as f64)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Share, E> {
        let percent = text.strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
        let share = percent.and_then(|percent| Share::new(percent / 100.0));
        share.ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "number", "exclusiveMinimum": 0, "maximum": 1 },
                { "type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?\s*%$" },
            ],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value) -> Option<f64> {
        serde_json::from_value::<Share>(value).ok().map(Share::get)
    }

    #[test]
    fn percentages_and_shares_mean_the_same() {
        assert_eq!(read(json!("80%")), Some(0.8));
        assert_eq!(read(json!("12.5 %")), Some(0.125));
        assert_eq!(read(json!(0.8)), Some(0.8));
        assert_eq!(read(json!(1)), Some(1.0));
    }

    #[test]
    fn what_is_not_a_share_is_refused() {
        for value in [json!("80"), json!("120%"), json!(80), json!(0), json!(-0.1), json!("NaN%")] {
            assert_eq!(read(value.clone()), None, "{value}");
        }
    }
}
