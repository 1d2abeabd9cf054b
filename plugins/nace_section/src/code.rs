//! Reading a code as people and spreadsheets write it.

use crate::sections::{Section, Version};

/// What a code says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Industry {
    pub(crate) section: &'static Section,
    /// `None` for a bare section letter.
    pub(crate) division: Option<u8>,
}

/// Most digits of a code; national versions add two to the four of NACE.
const MAX_DIGITS: usize = 6;

/// Reads `62.01`, `6201`, `62 01`, `C`, `C28`, `c 28.1`, `62.01.Z` and the like.
///
/// The first two digits are the division, as they stand: `162` is group 16.2. One digit alone or
/// before a dot or blank has lost its zero: `1.62` is class 01.62. A section letter in front must be
/// that of the division; a letter behind the digits, as in some national codes, is ignored. `None`
/// for anything else and for divisions that do not exist.
pub(crate) fn read(code: &str, version: Version) -> Option<Industry> {
    let code = code.trim().to_ascii_uppercase();
    let (letter, rest) = split_letter(&code);
    let named = match letter {
        Some(letter) => Some(version.of_letter(letter)?),
        None => None,
    };
    let rest = rest.trim_start_matches(is_separator);
    if rest.is_empty() {
        return named.map(|section| Industry { section, division: None });
    }
    let division = division(rest)?;
    let section = version.of_division(division)?;
    if named.is_some_and(|named| named != section) {
        return None;
    }
    Some(Industry { section, division: Some(division) })
}

fn split_letter(code: &str) -> (Option<char>, &str) {
    match code.chars().next() {
        Some(letter) if letter.is_ascii_uppercase() => (Some(letter), &code[1..]),
        _ => (None, code),
    }
}

fn division(rest: &str) -> Option<u8> {
    let digits = rest.strip_suffix(|last: char| last.is_ascii_uppercase()).unwrap_or(rest);
    let count = digits.chars().filter(char::is_ascii_digit).count();
    let is_code = digits.chars().all(|c| c.is_ascii_digit() || is_separator(c));
    if !is_code || !(1..=MAX_DIGITS).contains(&count) {
        return None;
    }
    let head = digits.split(is_separator).next()?;
    head.get(..head.len().min(2))?.parse().ok()
}

fn is_separator(c: char) -> bool {
    matches!(c, '.' | ' ' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: &str) -> Option<(&'static str, Option<u8>)> {
        read(code, Version::Rev2).map(|industry| (industry.section.letter, industry.division))
    }

    #[test]
    fn the_usual_spellings_are_read() {
        for code in ["62.01", "6201", "62", " 62 01 ", "62.0", "62.01.Z", "6201Z", "J62.01", "j 62", "620111"] {
            assert_eq!(of(code), Some(("J", Some(62))), "{code}");
        }
        assert_eq!(of("C28"), Some(("C", Some(28))));
        assert_eq!(of("c"), Some(("C", None)));
    }

    #[test]
    fn a_lost_zero_is_found_before_a_dot_only() {
        assert_eq!(of("1.62"), Some(("A", Some(1))));
        assert_eq!(of("1"), Some(("A", Some(1))));
        assert_eq!(of("0162"), Some(("A", Some(1))));
        assert_eq!(of("162"), Some(("C", Some(16))));
    }

    #[test]
    fn what_is_not_a_code_has_no_section() {
        for code in ["", "  ", "04", "00", "Z", "CC", "62,01", "A62", "1234567", "62.01.ZZ", "é62", "-"] {
            assert_eq!(of(code), None, "{code}");
        }
    }
}
