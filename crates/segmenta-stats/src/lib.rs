//! Statistics of customer segmentation on plain slices: drift, concentration, migration, agreement, intervals.
//!
//! One module per statistic, named as the field names it. Every function is pure: the same values give the same
//! bits, whatever their order (where order has no meaning), the number of threads or the machine's clock.
//!
//! A result carries a [`Status`] and, for every null, a [`Reason`]; it never holds NaN or an infinity. An
//! [`Error`] is a mistake of the caller, such as sides with different numbers of bins.
//!
//! ```
//! use segmenta_stats::{Sample, psi, wasserstein};
//!
//! let before: Sample = (1..=500).map(f64::from).collect();
//! let after: Sample = (1..=500).map(|k| f64::from(k) * 0.7).collect();
//! let drift = psi::of_samples(&before, &after, 10);
//! assert_eq!(drift.psi.band, Some(psi::Band::Major));
//! let moved = wasserstein::of_samples(&before, &after).w1.expect("both sides have values");
//! assert!((moved - 0.3 * 250.5).abs() < 1e-9); // 30 % of the mean
//! ```
//!
//! Deliberately absent: files, columns, pipelines, alert levels and text. A module knows figures only.

#![warn(missing_docs)]

mod error;
mod exact_sum;
mod float;
mod sample;
mod status;
mod table;

pub mod agreement;
pub mod align;
pub mod bh;
mod bins;
pub mod bridge;
pub mod change;
pub mod chi_square;
pub mod concentration;
pub mod control;
pub mod distance;
mod distribution;
mod ecdf;
pub mod ks;
mod matrix;
pub mod mean;
pub mod migration;
pub mod proportion;
pub mod psi;
pub mod quantile;
pub mod silhouette;
pub mod sketch;
pub mod wasserstein;
pub mod welch;

pub use bins::{Bin, BinCounts, BinKind, Bins};
pub use error::{Error, Result};
pub use exact_sum::ExactSum;
pub use sample::Sample;
pub use sketch::LogHistogram;
pub use status::{Reason, Status};
pub use table::CountTable;
