//! A report as text, as JUnit XML and as a Markdown table. JSON is [`crate::Report::json`].

mod junit;
pub(crate) mod markdown;
mod text;
