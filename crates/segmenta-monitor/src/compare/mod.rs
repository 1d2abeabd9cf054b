//! How far the columns of two runs are apart, from their profiles.

mod bands;
mod category;
mod number;
mod pairs;
mod quality;

pub use pairs::drift;
pub use quality::data_findings;

#[cfg(test)]
mod tests;
