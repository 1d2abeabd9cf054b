//! Names of runs: UUIDs of version 7, which sort by the time they were made.

use jiff::Timestamp;
use uuid::{Builder, Uuid};

/// A new name. The first 48 bits are milliseconds since 1970, the rest is random.
pub(crate) fn run_id(now: Timestamp) -> String {
    let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
    let random = Uuid::new_v4().into_bytes();
    let mut tail = [0; 10];
    // Bytes 6 and 8 of a random UUID hold its version and variant.
    tail[..6].copy_from_slice(&random[..6]);
    tail[6..].copy_from_slice(&random[9..13]);
    Builder::from_unix_timestamp_millis(millis, &tail).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_version_7_uuid_that_begins_with_the_time() {
        let now: Timestamp = "2022-02-22T19:22:22Z".parse().unwrap();
        let id = Uuid::parse_str(&run_id(now)).unwrap();
        assert_eq!(id.get_version_num(), 7);
        assert_eq!(id.get_variant(), uuid::Variant::RFC4122);
        // The time of the example in RFC 9562, appendix A.6.
        assert!(id.to_string().starts_with("017f22e2-79b0-7"));
        assert_ne!(run_id(now), run_id(now));
    }
}
