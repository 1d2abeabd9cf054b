//! Which of an entity's needs is the main one.

use std::collections::BTreeMap;

/// One statement of a need.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Statement<'a> {
    /// What is needed, as stated.
    pub(crate) need: &'a str,
    /// When it was recorded; larger is later.
    pub(crate) recorded: Option<i64>,
}

/// An entity's needs in figures.
#[derive(Debug, PartialEq)]
pub(crate) struct Needs<'a> {
    /// The main need; `None` without statements.
    pub(crate) main: Option<&'a str>,
    /// Statements counted.
    pub(crate) count: u32,
    /// Different needs among them.
    pub(crate) distinct: u32,
}

/// The need stated most often; of equally frequent ones the one stated last; of those the first in
/// alphabetical (code point) order.
///
/// Blanks around a need do not count, nor do statements that are blank. Statements without a time
/// are earlier than all others. Their order does not matter.
pub(crate) fn summarise<'a>(statements: impl Iterator<Item = Statement<'a>>) -> Needs<'a> {
    let mut needs: BTreeMap<&str, (u32, Option<i64>)> = BTreeMap::new();
    let mut count = 0;
    for Statement { need, recorded } in statements {
        let need = need.trim();
        if !need.is_empty() {
            let (stated, last) = needs.entry(need).or_default();
            *stated += 1;
            *last = recorded.max(*last);
            count += 1;
        }
    }
    // `max_by_key` keeps the last of equals, so going backwards keeps the alphabetically first.
    let main = needs.iter().rev().max_by_key(|(_, ranking)| **ranking);
    Needs {
        main: main.map(|(need, _)| *need),
        count,
        distinct: u32::try_from(needs.len()).expect("no more than were counted"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn main_of<'a>(statements: &[(&'a str, Option<i64>)]) -> Option<&'a str> {
        let statements = statements.iter();
        summarise(statements.map(|(need, recorded)| Statement { need, recorded: *recorded })).main
    }

    #[test]
    fn the_most_frequent_need_wins_then_the_latest_then_the_alphabet() {
        let (early, late) = (Some(1), Some(2));
        assert_eq!(main_of(&[("speed", early), ("price", late), ("speed", early)]), Some("speed"));
        assert_eq!(main_of(&[("price", early), ("speed", late)]), Some("speed"));
        assert_eq!(main_of(&[("speed", late), ("price", late)]), Some("price"));
        assert_eq!(main_of(&[("price", None), ("speed", early)]), Some("speed"));
    }

    #[test]
    fn blank_statements_do_not_count() {
        let statements = ["  ", "price", " price "].map(|need| Statement { need, recorded: None });
        let needs = summarise(statements.into_iter());
        assert_eq!(needs, Needs { main: Some("price"), count: 2, distinct: 1 });
        let none = summarise([].into_iter());
        assert_eq!(none, Needs { main: None, count: 0, distinct: 0 });
    }
}
