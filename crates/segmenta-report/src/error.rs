//! What can go wrong between a report and its page.

/// Why a report could not be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A template does not fit the model: a mistake of ours, found by rendering any report.
    #[error("cannot render the report page")]
    Render(#[from] minijinja::Error),
    /// The text is not a report.
    #[error("cannot read the report's JSON")]
    Read(#[source] serde_json::Error),
    /// The report cannot be written as JSON.
    #[error("cannot write the report's JSON")]
    Write(#[source] serde_json::Error),
    /// A number of the report is NaN or infinite, which JSON cannot hold.
    #[error("the report holds a number that JSON cannot hold")]
    NotFinite,
    /// The report was written by a program whose model this one does not know.
    #[error("the report has schema version `{found}`, this program reads {expected}")]
    SchemaVersion {
        /// As written in the report.
        found: String,
        /// The versions that can be read.
        expected: &'static str,
    },
}
