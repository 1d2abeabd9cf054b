//! Log-linear histogram: a small, mergeable profile of a numeric column.

mod buckets;
mod counter;
mod distance;
mod histogram;
mod stored;

pub use buckets::ALPHA;
pub use counter::LogCounter;
pub use distance::Approximate;
pub use histogram::LogHistogram;
