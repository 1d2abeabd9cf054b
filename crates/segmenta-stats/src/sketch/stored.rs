//! The written form of a log-linear histogram.

use serde::{Deserialize, Serialize};

use super::buckets::N_SIZES;
use super::histogram::LogHistogram;
use crate::error::{Error, Result, same_length};

/// Keys as steps, so that neighbours are written as 1.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoredHistogram {
    nulls: u64,
    zeros: u64,
    /// The first key, then the distance of each key to the one before.
    key_steps: Vec<i32>,
    counts: Vec<u64>,
}

impl From<LogHistogram> for StoredHistogram {
    fn from(histogram: LogHistogram) -> Self {
        let mut last = 0;
        let step = |&(key, _): &(i32, u64)| key - std::mem::replace(&mut last, key);
        Self {
            nulls: histogram.n_nulls(),
            zeros: histogram.n_zeros(),
            key_steps: histogram.buckets().iter().map(step).collect(),
            counts: histogram.buckets().iter().map(|bucket| bucket.1).collect(),
        }
    }
}

impl TryFrom<StoredHistogram> for LogHistogram {
    type Error = Error;

    fn try_from(stored: StoredHistogram) -> Result<Self> {
        same_length(("key_steps", stored.key_steps.len()), ("counts", stored.counts.len()))?;
        let mut key = 0_i32;
        let mut buckets = Vec::with_capacity(stored.counts.len());
        for (place, (step, n)) in stored.key_steps.into_iter().zip(stored.counts).enumerate() {
            key = key.checked_add(step).ok_or(Error::BadHistogram)?;
            let is_bucket = key != 0 && key.unsigned_abs() as usize <= N_SIZES;
            if !is_bucket || n == 0 || (place > 0 && step <= 0) {
                return Err(Error::BadHistogram);
            }
            buckets.push((key, n));
        }
        Ok(Self::from_parts(stored.nulls, stored.zeros, buckets))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_buckets_are_checked() {
        let read = |key_steps: &str, counts: &str| {
            let text = format!(r#"{{"nulls":0,"zeros":0,"key_steps":{key_steps},"counts":{counts}}}"#);
            serde_json::from_str::<LogHistogram>(&text)
        };
        assert_eq!(read("[-5,6]", "[1,2]").unwrap().buckets(), [(-5, 1), (1, 2)]);
        for (key_steps, counts) in
            [("[1]", "[1,2]"), ("[1,0]", "[1,1]"), ("[-1,1]", "[1,1]"), ("[1]", "[0]"), ("[2000000]", "[1]")]
        {
            assert!(read(key_steps, counts).is_err(), "{key_steps} {counts}");
        }
    }
}
