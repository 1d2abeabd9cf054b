//! Keeps a decoder's panic over hostile bytes from ending the program.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::error::{Error, Result};

/// Runs `decode`; a panic in it means that the file is damaged. What `decode` borrowed must not be used again.
///
/// # Errors
/// Those of `decode`; [`Error::Damaged`] when it panics.
pub(crate) fn guarded<T>(path: &Path, decode: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<String>().map(String::as_str);
        let said = said.or_else(|| panic.downcast_ref::<&str>().copied());
        let reason = format!("its decoder gave up: {}", said.unwrap_or("without a reason"));
        Err(Error::Damaged { path: path.to_owned(), reason })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_that_names_the_file() {
        let result: Result<()> = guarded(Path::new("a.parquet"), || panic!("index 7 out of range"));
        let error = result.unwrap_err().to_string();
        assert_eq!(error, "`a.parquet` is damaged: its decoder gave up: index 7 out of range");
    }
}
