//! Whether two programs computed the same.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use super::figures::Figures;

/// Customers that may be counted elsewhere: their revenue equals a threshold but for the last bit,
/// which depends on the order of summation. The two peers differ from each other by seven.
const CUSTOMERS_ON_A_THRESHOLD: u64 = 10;
/// Relative difference of shares and indices.
const TOLERANCE: f64 = 1e-6;
/// Absolute difference of a PSI. The two peers differ from each other by 3e-7.
const PSI_TOLERANCE: f64 = 1e-6;

/// One sentence for everything that `theirs` has differently.
pub(crate) fn differences(ours: &Figures, theirs: &Figures, peer: &str) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(counts("customers by segment", &ours.segments, &theirs.segments));
    found.extend(counts("migration", &ours.migration, &theirs.migration));
    found.extend(number("top-20 % share", ours.top20, theirs.top20));
    found.extend(number("Gini", ours.gini, theirs.gini));
    for (column, value) in &theirs.psi {
        let ours = ours.psi.get(column).copied();
        if !ours.is_some_and(|ours| (ours - value).abs() <= PSI_TOLERANCE) {
            found.push(differs(&format!("PSI of {column}"), ours.unwrap_or(f64::NAN), *value));
        }
    }
    found.into_iter().map(|difference| format!("{peer}: {difference}")).collect()
}

fn counts<K: Ord + Debug>(what: &str, ours: &BTreeMap<K, u64>, theirs: &BTreeMap<K, u64>) -> Option<String> {
    let keys: BTreeSet<&K> = ours.keys().chain(theirs.keys()).collect();
    let apart = |key: &K| {
        let of = |counts: &BTreeMap<K, u64>| counts.get(key).copied().unwrap_or(0);
        of(ours).abs_diff(of(theirs))
    };
    let total: u64 = keys.iter().map(|key| apart(key)).sum();
    let worst = keys.iter().max_by_key(|key| apart(key))?;
    // A customer elsewhere is missing in one place and too many in another.
    (total > 2 * CUSTOMERS_ON_A_THRESHOLD)
        .then(|| format!("{what} differ by {total} in all, most of them for {worst:?}"))
}

fn number(what: &str, ours: f64, theirs: f64) -> Option<String> {
    let equal = (ours - theirs).abs() <= TOLERANCE * theirs.abs().max(1e-3);
    (!equal).then(|| differs(what, ours, theirs))
}

fn differs(what: &str, ours: f64, theirs: f64) -> String {
    format!("{what} is {ours} here and {theirs} there")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures() -> Figures {
        Figures {
            segments: BTreeMap::from([("a".to_owned(), 100), ("b".to_owned(), 50)]),
            top20: 0.5,
            gini: 0.6,
            psi: BTreeMap::from([("recency".to_owned(), 0.01)]),
            migration: BTreeMap::new(),
        }
    }

    #[test]
    fn a_customer_on_a_threshold_is_no_difference() {
        let mut theirs = figures();
        theirs.segments = BTreeMap::from([("a".to_owned(), 99), ("b".to_owned(), 51)]);
        theirs.gini += 1e-9;
        assert!(differences(&figures(), &theirs, "peer").is_empty());
    }

    #[test]
    fn other_counts_and_numbers_are_named() {
        let mut theirs = figures();
        theirs.segments.insert("c".to_owned(), 40);
        theirs.psi.insert("recency".to_owned(), 0.011);
        assert_eq!(
            differences(&figures(), &theirs, "peer"),
            [
                "peer: customers by segment differ by 40 in all, most of them for \"c\"",
                "peer: PSI of recency is 0.01 here and 0.011 there",
            ]
        );
    }

    #[test]
    fn a_figure_that_is_missing_is_a_difference() {
        let mut ours = figures();
        ours.psi.clear();
        assert_eq!(differences(&ours, &figures(), "peer"), ["peer: PSI of recency is NaN here and 0.01 there"]);
    }
}
