//! At most one suggestion for a misspelt name.

/// The candidate most like `name`: at most two edits away, or a third of the name's length; one
/// edit for names of up to three letters. The first of equally near ones.
pub(crate) fn similar<'c>(name: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    let length = name.chars().count();
    let limit = if length <= 3 { 1 } else { (length / 3).max(2) };
    let distance = |candidate: &str| strsim::osa_distance(&name.to_lowercase(), &candidate.to_lowercase());
    let near = candidates.into_iter().map(|candidate| (distance(candidate), candidate));
    near.filter(|(distance, _)| *distance <= limit).min_by_key(|(distance, _)| *distance).map(|(_, near)| near)
}

/// `did you mean …?`, or another text when there is nothing to suggest.
pub(crate) fn did_you_mean(suggestion: Option<&str>, otherwise: &str) -> String {
    suggestion.map_or_else(|| otherwise.to_owned(), |name| format!("did you mean `{name}`?"))
}

/// `a`, `b` and 3 more, for lists in messages.
pub(crate) fn listed<'n>(names: impl IntoIterator<Item = &'n str>, most: usize) -> String {
    let names: Vec<_> = names.into_iter().collect();
    let shown: Vec<_> = names.iter().take(most).map(|name| format!("`{name}`")).collect();
    match names.len().saturating_sub(most) {
        0 => shown.join(", "),
        rest => format!("{} and {rest} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_what_is_near() {
        let names = ["bins", "names", "ties"];
        assert_eq!(similar("bin", names), Some("bins"));
        assert_eq!(similar("naems", names), Some("names"));
        assert_eq!(similar("xyz", names), None);
        assert_eq!(similar("at", ["bit", "age"]), None);
        assert_eq!(similar("recencyy_dayz", ["recency_days"]), Some("recency_days"));
    }
}
