//! From three scores to a segment's name.

use segmenta_plugin_sdk::prelude::*;

use crate::options::{Names, Options, SegmentBounds};
use crate::published::{self, TenSegment};

/// The name of every code, looked up by the three scores.
#[derive(Debug, PartialEq)]
pub(crate) struct NameTable {
    bins: u8,
    labels: Vec<String>,
    /// Position in `labels` for each code, in ascending order of (r, f, m).
    of_code: Vec<u16>,
}

impl NameTable {
    /// The table that the options ask for.
    ///
    /// # Errors
    ///
    /// `names` together with `segments`, a published table with another number of bins than its
    /// own, bounds outside `1..=bins`, and codes without a name when `other` is not set.
    pub(crate) fn new(options: &Options) -> Result<Self> {
        let bins = options.bins;
        if !options.segments.is_empty() {
            if options.names.is_some() {
                return Err(Error::param("names", "cannot be used together with `segments`"));
            }
            check_bounds(bins, &options.segments)?;
            let order = options.segments.iter().map(|segment| segment.name.clone());
            return Self::build(options, order, |scores| own_name(&options.segments, scores));
        }
        match options.names.unwrap_or(if bins == 5 { Names::Standard } else { Names::Codes }) {
            Names::Codes => Self::build(options, [], |scores| Some(code(bins, scores))),
            Names::Standard => Self::published(options, 5, &published::STANDARD),
            Names::Pymc => Self::published(options, 4, &published::PYMC),
            Names::TenSegments => {
                need_bins(options, 5)?;
                Self::build(options, TenSegment::names(), |scores| Some(TenSegment::name(scores)))
            }
        }
    }

    fn published(options: &Options, bins: u8, table: &[(&str, &str)]) -> Result<Self> {
        need_bins(options, bins)?;
        let order = table.iter().map(|(name, _)| (*name).to_owned());
        Self::build(options, order, |scores| published::by_code(table, scores))
    }

    /// The name of a customer with these recency, frequency and monetary scores.
    pub(crate) fn name(&self, scores: [u8; 3]) -> &str {
        let bins = usize::from(self.bins);
        let at = scores.iter().fold(0, |at, score| at * bins + usize::from(score - 1));
        &self.labels[usize::from(self.of_code[at])]
    }

    /// Every name that a code has: published and own segments in their order, `other` last.
    pub(crate) fn labels(&self) -> &[String] {
        &self.labels
    }

    /// Asks `name` for every code; `order` are the names it can answer, when they have an order of
    /// their own.
    fn build(
        options: &Options,
        order: impl IntoIterator<Item = String>,
        name: impl Fn([u8; 3]) -> Option<String>,
    ) -> Result<Self> {
        let mut table = Self { bins: options.bins, labels: Vec::new(), of_code: Vec::new() };
        for label in order {
            table.position(label);
        }
        let mut unnamed = Vec::new();
        for scores in codes(options.bins) {
            match name(scores).or_else(|| options.other.clone()) {
                Some(label) => {
                    let at = table.position(label);
                    table.of_code.push(at);
                }
                None => unnamed.push(code(options.bins, scores)),
            }
        }
        if let Some(first) = unnamed.first() {
            let (unnamed, codes) = (unnamed.len(), unnamed.len() + table.of_code.len());
            let problem = format!("must be set: {unnamed} of {codes} codes have no name, the first is {first}",);
            return Err(Error::param("other", problem));
        }
        table.check_reached()
    }

    fn check_reached(self) -> Result<Self> {
        for (at, label) in self.labels.iter().enumerate() {
            if !self.of_code.iter().any(|code| usize::from(*code) == at) {
                let problem = format!("never reach `{label}`: earlier ones cover all its codes");
                return Err(Error::param("segments", problem));
            }
        }
        Ok(self)
    }

    /// Where `label` is in the labels, after adding it if it is new.
    fn position(&mut self, label: String) -> u16 {
        let known = self.labels.iter().position(|known| *known == label);
        let at = known.unwrap_or_else(|| {
            self.labels.push(label);
            self.labels.len() - 1
        });
        u16::try_from(at).expect("at most 1,000 codes and the segments of one file")
    }
}

fn codes(bins: u8) -> impl Iterator<Item = [u8; 3]> {
    (1..=bins).flat_map(move |r| (1..=bins).flat_map(move |f| (1..=bins).map(move |m| [r, f, m])))
}

/// `100r + 10f + m`, or the scores joined by `-` when one can have two digits.
fn code(bins: u8, [r, f, m]: [u8; 3]) -> String {
    if bins > 9 { format!("{r}-{f}-{m}") } else { format!("{r}{f}{m}") }
}

fn need_bins(options: &Options, needed: u8) -> Result<()> {
    if options.bins == needed {
        return Ok(());
    }
    let problem = format!("must be {needed} for these names, is {}", options.bins);
    Err(Error::param("bins", problem))
}

fn check_bounds(bins: u8, segments: &[SegmentBounds]) -> Result<()> {
    for (at, segment) in segments.iter().enumerate() {
        if segment.name.is_empty() {
            return Err(Error::param(format!("/segments/{at}/name"), "must not be empty"));
        }
        for (axis, bounds) in [("r", segment.r), ("f", segment.f), ("m", segment.m)] {
            let Some([low, high]) = bounds else { continue };
            if low < 1 || low > high || high > bins {
                return Err(Error::param(
                    format!("/segments/{at}/{axis}"),
                    format!("must be ascending within 1 to {bins}, is [{low}, {high}]"),
                ));
            }
        }
    }
    Ok(())
}

fn own_name(segments: &[SegmentBounds], [r, f, m]: [u8; 3]) -> Option<String> {
    let within = |bounds: Option<[u8; 2]>, score| bounds.is_none_or(|[low, high]| (low..=high).contains(&score));
    let mut matching =
        segments.iter().filter(|segment| within(segment.r, r) && within(segment.f, f) && within(segment.m, m));
    matching.next().map(|segment| segment.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(bins: u8, names: Option<Names>) -> Options {
        Options {
            bins,
            ties: crate::options::Ties::default(),
            allow_split_ties: false,
            names,
            segments: Vec::new(),
            other: None,
        }
    }

    #[test]
    fn the_standard_table_names_all_125_codes() {
        let table = NameTable::new(&options(5, None)).unwrap();
        assert_eq!(table.of_code.len(), 125);
        assert_eq!(table.labels().len(), 11);
        for (scores, name) in [
            ([5, 5, 5], "champions"),
            ([3, 4, 5], "loyal"),
            ([4, 1, 1], "new_customers"),
            ([1, 1, 4], "cannot_lose_them"),
            ([1, 1, 1], "lost"),
        ] {
            assert_eq!(table.name(scores), name);
        }
    }

    #[test]
    fn a_table_with_gaps_needs_a_name_for_them() {
        let mut options = options(4, Some(Names::Pymc));
        let error = NameTable::new(&options).unwrap_err();
        assert!(error.to_string().contains("18 of 64 codes"), "{error}");
        options.other = Some("other".to_owned());
        let table = NameTable::new(&options).unwrap();
        assert_eq!(table.name([3, 3, 4]), "premium_customer");
        assert_eq!(table.name([4, 4, 1]), "other");
    }

    #[test]
    fn published_tables_need_their_own_bins() {
        assert!(NameTable::new(&options(4, Some(Names::Standard))).is_err());
        assert!(NameTable::new(&options(4, Some(Names::TenSegments))).is_err());
        assert!(NameTable::new(&options(5, Some(Names::Pymc))).is_err());
    }

    #[test]
    fn other_bins_are_named_by_code() {
        assert_eq!(NameTable::new(&options(9, None)).unwrap().name([9, 1, 4]), "914");
        assert_eq!(NameTable::new(&options(10, None)).unwrap().name([10, 1, 4]), "10-1-4");
    }

    #[test]
    fn labels_keep_the_order_of_their_table() {
        let mut options = options(4, Some(Names::Pymc));
        options.other = Some("rest".to_owned());
        let table = NameTable::new(&options).unwrap();
        assert_eq!(table.labels()[0], "premium_customer");
        assert_eq!(table.labels()[5], "rest");
    }

    #[test]
    fn a_segment_that_earlier_ones_hide_is_refused() {
        let segment = |name: &str, r| SegmentBounds { name: name.to_owned(), r: Some(r), f: None, m: None };
        let mut options = options(3, None);
        options.segments = vec![segment("all", [1, 3]), segment("best", [3, 3])];
        let error = NameTable::new(&options).unwrap_err();
        assert!(error.to_string().contains("`best`"), "{error}");
    }

    #[test]
    fn the_first_own_segment_that_holds_decides() {
        let segment = |name: &str, r| SegmentBounds { name: name.to_owned(), r: Some(r), f: None, m: None };
        let mut options = options(3, None);
        options.segments = vec![segment("recent", [2, 3]), segment("rest", [1, 3])];
        let table = NameTable::new(&options).unwrap();
        assert_eq!(table.name([2, 1, 1]), "recent");
        assert_eq!(table.name([1, 3, 3]), "rest");
        options.segments = vec![segment("wide", [1, 4])];
        assert!(NameTable::new(&options).is_err());
    }
}
