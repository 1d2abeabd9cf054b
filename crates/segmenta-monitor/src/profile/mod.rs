//! What a run stores about a column, so that a later comparison reads no customers: counts and exact sums.
//!
//! Everything is integer addition, so a profile has the same bytes for any order of the rows, any split into
//! parts and any number of threads.
//!
//! ```
//! use segmenta_monitor::profile::{ColumnProfile, FrozenBins, NumberKind};
//! use segmenta_stats::Sample;
//!
//! // Once, when a baseline is accepted: sort the reference and freeze its bins.
//! let spend = [Some(1_250), None, Some(0), Some(99_900)]; // minor units
//! let reference: Sample = spend.iter().flatten().map(|&minor| f64::from(minor)).collect();
//! let bins = FrozenBins::freeze(&reference, FrozenBins::N_BINS);
//!
//! // In every run: one pass over the rows of a segment.
//! let mut builder = ColumnProfile::numbers(NumberKind::Money, &bins);
//! spend.iter().for_each(|&minor| builder.add_minor(minor.map(i64::from)));
//! let profile = builder.finish();
//! assert_eq!((profile.n_rows(), profile.n_nulls()), (4, 1));
//! ```

mod bins;
mod category;
mod column;
mod decimal;
mod number;

pub use bins::FrozenBins;
pub use category::{Categories, CategoryBuilder, CategoryProfile, MOST_CATEGORIES, N_BUCKETS};
pub use column::{ColumnProfile, ProfiledColumn};
pub use number::{NumberBuilder, NumberKind, NumberProfile};
