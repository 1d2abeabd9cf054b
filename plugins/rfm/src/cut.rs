//! Cuts: the borders between scores on one axis.

use serde::{Deserialize, Serialize};

/// Which end of an axis is the good one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Recency: fewer days are better.
    LowerIsBetter,
    /// Frequency and monetary value.
    HigherIsBetter,
}

/// A customer's key, which orders customers with equal values where a rule splits them.
///
/// Whole numbers in numeric order, text in byte order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Key {
    /// A whole-number key.
    Number(i64),
    /// A text key.
    Text(String),
}

/// A [`Key`] that is still in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyRef<'a> {
    /// A whole-number key.
    Number(i64),
    /// A text key.
    Text(&'a str),
}

#[cfg(test)]
impl Key {
    pub(crate) fn as_ref(&self) -> KeyRef<'_> {
        match self {
            Self::Number(key) => KeyRef::Number(*key),
            Self::Text(key) => KeyRef::Text(key),
        }
    }
}

impl KeyRef<'_> {
    pub(crate) fn to_key(self) -> Key {
        match self {
            Self::Number(key) => Key::Number(key),
            Self::Text(key) => Key::Text(key.to_owned()),
        }
    }

    fn is_after(self, border: &Key) -> bool {
        match (self, border) {
            (Self::Number(key), Key::Number(border)) => key > *border,
            (Self::Text(key), Key::Text(border)) => key > border.as_str(),
            (Self::Number(_), Key::Text(_)) => false, // as `Key` orders them
            (Self::Text(_), Key::Number(_)) => true,
        }
    }
}

/// The border between one score and the next better one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cut {
    /// Customers with a better value are above the border, with a worse one below.
    pub(crate) value: f64,
    /// Where customers with exactly this value are.
    pub(crate) equal: Equal,
}

/// Where customers are whose value is that of the [`Cut`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Equal {
    /// All of them below the border.
    Below,
    /// All of them above the border.
    Above,
    /// Those with a later key above, the others below.
    AboveAfter(Key),
}

impl Cut {
    fn is_passed(&self, direction: Direction, value: f64, key: KeyRef<'_>) -> bool {
        if value == self.value {
            return match &self.equal {
                Equal::Below => false,
                Equal::Above => true,
                Equal::AboveAfter(border) => key.is_after(border),
            };
        }
        match direction {
            Direction::LowerIsBetter => value < self.value,
            Direction::HigherIsBetter => value > self.value,
        }
    }
}

/// `1 +` the number of cuts that a customer is above. The key matters only to cuts that split equal
/// customers.
pub(crate) fn score(cuts: &[Cut], direction: Direction, value: f64, key: KeyRef<'_>) -> u8 {
    let passed = cuts.iter().filter(|cut| cut.is_passed(direction, value, key)).count();
    u8::try_from(passed + 1).expect("an axis has fewer than ten cuts")
}

/// Stands for the key where no cut asks for it.
pub(crate) const NO_KEY: KeyRef<'static> = KeyRef::Number(0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_customers_are_split_by_key_in_numeric_order() {
        let cuts = [Cut { value: 1.0, equal: Equal::AboveAfter(Key::Number(9)) }];
        let of = |value, key| score(&cuts, Direction::HigherIsBetter, value, KeyRef::Number(key));
        assert_eq!((of(1.0, 9), of(1.0, 10)), (1, 2));
        assert_eq!((of(0.9, 10), of(1.1, 9)), (1, 2));
    }

    #[test]
    fn fewer_days_pass_a_recency_cut() {
        let cut = |equal| [Cut { value: 30.0, equal }];
        assert_eq!(score(&cut(Equal::Below), Direction::LowerIsBetter, 29.0, NO_KEY), 2);
        assert_eq!(score(&cut(Equal::Below), Direction::LowerIsBetter, 30.0, NO_KEY), 1);
        assert_eq!(score(&cut(Equal::Above), Direction::LowerIsBetter, 30.0, NO_KEY), 2);
    }
}
