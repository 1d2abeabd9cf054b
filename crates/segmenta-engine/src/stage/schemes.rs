//! `[schemes]`: gives every entity one segment of each scheme.

use std::collections::BTreeMap;

use datafusion::logical_expr::{Expr, cast, when};
use datafusion::prelude::{coalesce, concat_ws, lit};
use segmenta_pipeline::model::Scheme;

use crate::Result;
use crate::context::Context;
use crate::expression::{bind, column};
use crate::labels;
use crate::profile::Profile;

/// Adds the column named after the scheme: Utf8, null for entities without a segment.
///
/// With ordered rules the first that holds decides; a null condition does not hold. With `by`
/// the segment is the criterion's label, or all labels joined by `/`; combinations of fewer than
/// `min_customers` entities are folded into `other`.
pub(crate) async fn assign(context: &Context<'_>, name: &str, scheme: &Scheme, profile: &mut Profile) -> Result<()> {
    let segment = if scheme.segments.is_empty() { by_labels(scheme)? } else { by_rules(context, scheme, profile)? };
    profile.extend(context.session, context.runner, vec![segment.alias(name)]).await?;
    if let (Some(min), Some(other), 2..) = (scheme.limits.min_customers, &scheme.other, scheme.by.len()) {
        fold_small(context, name, other, min, profile).await?;
    }
    Ok(())
}

fn by_labels(scheme: &Scheme) -> Result<Expr> {
    let labels: Vec<Expr> = scheme.by.iter().map(|criterion| column(criterion)).collect();
    let complete = labels.iter().cloned().map(Expr::is_not_null).reduce(Expr::and);
    let segment = match (labels.as_slice(), complete) {
        ([label], _) => label.clone(),
        (_, Some(complete)) => when(complete, concat_ws(lit("/"), labels)).end()?,
        (_, None) => lit(datafusion::common::ScalarValue::Utf8(None)),
    };
    Ok(or_other(segment, scheme))
}

fn by_rules(context: &Context<'_>, scheme: &Scheme, profile: &Profile) -> Result<Expr> {
    let schema = profile.plan(context.session)?.schema().clone();
    let mut segment = lit(datafusion::common::ScalarValue::Utf8(None));
    for rule in scheme.segments.iter().rev() {
        segment = when(bind(context.session, &schema, &rule.when)?, lit(rule.name.as_str())).otherwise(segment)?;
    }
    Ok(or_other(segment, scheme))
}

fn or_other(segment: Expr, scheme: &Scheme) -> Expr {
    let text = cast(segment, arrow::datatypes::DataType::Utf8);
    match &scheme.other {
        Some(other) => coalesce(vec![text, lit(other.as_str())]),
        None => text,
    }
}

async fn fold_small(context: &Context<'_>, name: &str, other: &str, min: u64, profile: &mut Profile) -> Result<()> {
    let small: Vec<Expr> = counts(profile, name)?
        .into_iter()
        .filter(|(_, n)| *n < min)
        .filter_map(|(segment, _)| segment)
        .filter(|segment| segment != other)
        .map(lit)
        .collect();
    if small.is_empty() {
        return Ok(());
    }
    let folded = when(column(name).in_list(small, false), lit(other)).otherwise(column(name))?;
    let replaced = profile.evaluate(context.session, context.runner, vec![folded.alias(name)]).await?;
    profile.replace(name, &replaced)
}

/// Entities per label, labels in ascending order, null first.
pub(crate) fn counts(profile: &Profile, column: &str) -> Result<BTreeMap<Option<String>, u64>> {
    Ok(labels::count(profile.column(column)?))
}

/// A breach of a scheme's limits.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LimitFinding {
    /// `segments`, `max_share` or `min_customers`.
    pub(crate) limit: &'static str,
    /// Whether it holds the run.
    pub(crate) fails: bool,
    /// One sentence with the numbers.
    pub(crate) text: String,
}

/// What the scheme's segments break of its limits.
pub(crate) fn limit_findings(scheme: &Scheme, counts: &BTreeMap<Option<String>, u64>) -> Vec<LimitFinding> {
    let limits = &scheme.limits;
    let fails = limits.fail;
    let total: u64 = counts.values().sum();
    let named = || counts.iter().filter_map(|(segment, n)| segment.as_ref().map(|segment| (segment, *n)));
    let mut findings = Vec::new();
    let n_segments = named().count();
    if let Some([fewest, most]) = limits.segments.filter(|[fewest, most]| n_segments < *fewest || n_segments > *most) {
        let text = format!("{n_segments} segments occur; the scheme allows {fewest} to {most}");
        findings.push(LimitFinding { limit: "segments", fails, text });
    }
    for (segment, n) in named() {
        let share = n as f64 / total.max(1) as f64;
        if let Some(max) = limits.max_share.filter(|max| share > *max) {
            let text = format!("`{segment}` holds {:.1} % of all, more than {:.1} %", share * 100.0, max * 100.0);
            findings.push(LimitFinding { limit: "max_share", fails, text });
        }
        let is_rest = scheme.other.as_deref() == Some(segment);
        if let Some(min) = limits.min_customers.filter(|min| n < *min && !is_rest) {
            let text = format!("`{segment}` holds {n}, fewer than {min}");
            findings.push(LimitFinding { limit: "min_customers", fails, text });
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, profile, texts};
    use arrow::array::{ArrayRef, Float64Array, StringArray};
    use segmenta_pipeline::model::{Limits, SchemeKind};
    use std::sync::Arc;

    fn scheme(limits: Limits) -> Scheme {
        Scheme {
            kind: SchemeKind::Strategic,
            goal: "g".into(),
            by: vec!["rfm".into()],
            segments: Vec::new(),
            other: Some("rest".into()),
            limits,
            labels: None,
            span: 0..0,
        }
    }

    #[test]
    fn limits_name_the_segment_and_the_numbers() {
        let counts =
            BTreeMap::from([(Some("a".to_owned()), 90), (Some("b".to_owned()), 7), (Some("rest".to_owned()), 3)]);
        let limits = Limits { segments: Some([4, 9]), max_share: Some(0.5), min_customers: Some(10), fail: false };
        let texts: Vec<String> =
            limit_findings(&scheme(limits), &counts).into_iter().map(|finding| finding.text).collect();
        assert_eq!(
            texts,
            [
                "3 segments occur; the scheme allows 4 to 9",
                "`a` holds 90.0 % of all, more than 50.0 %",
                "`b` holds 7, fewer than 10",
            ]
        );
    }

    fn column_of(profile: &Profile, name: &str) -> Vec<String> {
        texts(profile.chunks(), name)
    }

    fn strings(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<StringArray>())
    }

    const TIER_AND_SIZE: &str = r#"
[criteria.tier]
plugin = "abc"
inputs = { value = "spend" }
[criteria.size]
plugin = "size"
inputs = { value = "spend" }
[schemes.both]
kind = "operational"
goal = "Choose an owner"
by = ["tier", "size"]
other = "rest"
limits = { min_customers = 2 }
"#;

    /// a/x holds 2, b/y 1 and is folded, an entity without one of the labels is in `rest`.
    #[tokio::test]
    async fn small_combinations_and_incomplete_ones_are_folded_into_other() {
        let fixture = Fixture::people(TIER_AND_SIZE);
        let mut profile = profile(vec![
            ("tier", strings(&[Some("a"), Some("b"), Some("a"), None, Some("a")])),
            ("size", strings(&[Some("x"), Some("y"), Some("x"), Some("x"), None])),
        ]);
        assign(&fixture.context(), "both", &fixture.pipeline.schemes["both"], &mut profile).await.unwrap();
        assert_eq!(column_of(&profile, "both"), ["a/x", "rest", "a/x", "rest", "rest"]);
        let counts = counts(&profile, "both").unwrap();
        assert_eq!(counts, BTreeMap::from([(Some("a/x".to_owned()), 2), (Some("rest".to_owned()), 3)]));
    }

    #[tokio::test]
    async fn the_first_rule_that_holds_decides_and_null_does_not_hold() {
        let rules = r#"
[schemes.life]
kind = "operational"
goal = "Choose content"
other = "rest"
segments = [{ name = "rich", when = "spend > 10" }, { name = "near", when = "area = 'x' or spend > 5" }]
"#;
        let fixture = Fixture::people(rules);
        let mut profile = profile(vec![
            ("spend", Arc::new(Float64Array::from(vec![Some(11.0), None, None, Some(10.0), Some(1.0)]))),
            ("area", strings(&[Some("x"), Some("x"), None, None, Some("y")])),
        ]);
        assign(&fixture.context(), "life", &fixture.pipeline.schemes["life"], &mut profile).await.unwrap();
        assert_eq!(column_of(&profile, "life"), ["rich", "near", "rest", "near", "rest"]);
    }

    /// One criterion's labels are the segments, however few entities hold them.
    #[tokio::test]
    async fn one_criterion_is_taken_as_it_is() {
        let by_tier = r#"
[criteria.tier]
plugin = "abc"
inputs = { value = "spend" }
[schemes.one]
kind = "operational"
goal = "Choose an owner"
by = "tier"
limits = { min_customers = 2 }
"#;
        let fixture = Fixture::people(by_tier);
        let mut profile = profile(vec![("tier", strings(&[Some("a"), None, Some("b"), Some("a")]))]);
        assign(&fixture.context(), "one", &fixture.pipeline.schemes["one"], &mut profile).await.unwrap();
        assert_eq!(column_of(&profile, "one"), ["a", "-", "b", "a"]);
        assert_eq!(counts(&profile, "one").unwrap()[&None], 1);
    }

    #[test]
    fn limits_hold_at_their_own_value() {
        let counts = BTreeMap::from([(Some("a".to_owned()), 10), (Some("b".to_owned()), 10)]);
        let limits = Limits { segments: Some([2, 2]), max_share: Some(0.5), min_customers: Some(10), fail: true };
        assert_eq!(limit_findings(&scheme(limits), &counts), []);
    }
}
