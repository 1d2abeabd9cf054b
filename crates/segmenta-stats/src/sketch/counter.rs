//! The form of a log-linear histogram that rows are counted into.

use super::buckets::{N_SIZES, signed, size_rank};
use super::histogram::LogHistogram;

/// Buckets of one page: a power of two.
const PAGE: usize = 128;

/// Pages of one sign.
const PAGES: usize = N_SIZES / PAGE;

/// Mark of a page without rows.
const ABSENT: u16 = u16::MAX;

/// Counts rows into the buckets of a [`LogHistogram`], a few instructions for each.
///
/// Memory: 8 KB, and 1 KB per power of two that has a row.
///
/// # Example
/// ```
/// use segmenta_stats::sketch::LogCounter;
///
/// let mut counter = LogCounter::default();
/// counter.add(4.0);
/// counter.add(0.0);
/// counter.add_null();
/// let spend = counter.finish();
/// assert_eq!((spend.n_values(), spend.n_nulls()), (2, 1));
/// ```
#[derive(Clone, Debug)]
pub struct LogCounter {
    n_nulls: u64,
    n_zeros: u64,
    /// Place of a power of two among `pages`: positive ones first, then negative ones.
    page_of: Box<[u16]>,
    pages: Vec<[u64; PAGE]>,
}

impl Default for LogCounter {
    fn default() -> Self {
        Self { n_nulls: 0, n_zeros: 0, page_of: vec![ABSENT; 2 * PAGES].into_boxed_slice(), pages: Vec::new() }
    }
}

impl LogCounter {
    /// Counts a row with a value; NaN counts as a null, infinities as the largest finite values.
    pub fn add(&mut self, value: f64) {
        if value == 0.0 {
            self.n_zeros += 1;
        } else if value.is_nan() {
            self.n_nulls += 1;
        } else {
            let rank = size_rank(value);
            let page = rank / PAGE + if value < 0.0 { PAGES } else { 0 };
            self.page(page)[rank % PAGE] += 1;
        }
    }

    /// Counts a row without a value.
    pub fn add_null(&mut self) {
        self.n_nulls += 1;
    }

    /// The counts in the form that is stored, merged and compared.
    pub fn finish(&self) -> LogHistogram {
        let negative = (0..PAGES).rev().flat_map(|page| self.filled(page, true).rev().collect::<Vec<_>>());
        let positive = (0..PAGES).flat_map(|page| self.filled(page, false));
        LogHistogram::from_parts(self.n_nulls, self.n_zeros, negative.chain(positive).collect())
    }

    fn page(&mut self, page: usize) -> &mut [u64; PAGE] {
        if self.page_of[page] == ABSENT {
            self.page_of[page] = self.pages.len() as u16; // There are 4,096 at most.
            self.pages.push([0; PAGE]);
        }
        &mut self.pages[usize::from(self.page_of[page])]
    }

    /// Key and rows of the filled buckets of one power of two, by ascending magnitude.
    fn filled(&self, page: usize, is_negative: bool) -> impl DoubleEndedIterator<Item = (i32, u64)> {
        let place = self.page_of[page + if is_negative { PAGES } else { 0 }];
        let counts: &[u64] = self.pages.get(usize::from(place)).map_or(&[], |counts| counts);
        let keyed = counts.iter().enumerate().map(move |(slot, &n)| (signed(page * PAGE + slot, is_negative), n));
        keyed.filter(|&(_, n)| n > 0)
    }
}
