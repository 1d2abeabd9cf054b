//! Which columns a run has to compute: those that something reads.

use std::collections::BTreeSet;

use segmenta_pipeline::Pipeline;
use segmenta_pipeline::model::{Feature, InputColumns, SqlExpr, Valuation};

/// Columns of the profile that criteria, schemes, valuation, strategy or monitoring read, and the
/// feature columns of the file: a feature that is written down is wanted.
pub(crate) fn columns(pipeline: &Pipeline) -> BTreeSet<String> {
    let mut needed = BTreeSet::from([pipeline.entity.key.clone()]);
    needed.extend(pipeline.features.values().flat_map(|feature| feature.columns.keys().cloned()));
    for criterion in pipeline.criteria.values().filter(|criterion| criterion.from.is_none()) {
        for columns in criterion.inputs.values() {
            match columns {
                InputColumns::One(column) => drop(needed.insert(column.clone())),
                InputColumns::Many(columns) => needed.extend(columns.iter().cloned()),
            }
        }
    }
    expressions(pipeline).for_each(|sql| needed.extend(sql.columns.iter().cloned()));
    if let Some(potential) = pipeline.valuation.as_ref().and_then(|valuation| valuation.potential.as_ref()) {
        needed.extend(potential.within.iter().cloned());
    }
    if let Some(strategy) = &pipeline.strategy {
        needed.extend(strategy.consent.values().cloned());
        needed.extend(strategy.worklist.iter().map(|worklist| worklist.rank.clone()));
    }
    needed.extend(pipeline.monitor.features.iter().cloned());
    needed.extend(pipeline.monitor.checks.values().map(|check| check.of.clone()));
    needed
}

/// Row expressions over the profile.
fn expressions(pipeline: &Pipeline) -> impl Iterator<Item = &SqlExpr> {
    let criteria = pipeline.criteria.values().filter_map(|criterion| criterion.filter.as_ref());
    let schemes = pipeline.schemes.values().flat_map(|scheme| scheme.segments.iter().map(|rule| &rule.when));
    let rules = pipeline.strategy.iter().flat_map(|strategy| strategy.rules.iter().map(|rule| &rule.when));
    let values = pipeline.valuation.iter().flat_map(value_expressions);
    criteria.chain(schemes).chain(rules).chain(values).chain(&pipeline.entity.filter)
}

fn value_expressions(valuation: &Valuation) -> impl Iterator<Item = &SqlExpr> {
    let costs = [&valuation.goods_cost, &valuation.order_cost, &valuation.cost_to_serve];
    std::iter::once(&valuation.revenue).chain(costs.into_iter().flatten())
}

/// Columns of a source that are read, `None` when all may be: a `[tables]` query names its own.
pub(crate) fn source_columns(pipeline: &Pipeline, source: &str) -> Option<BTreeSet<String>> {
    if pipeline.tables.values().any(|table| table.inputs.iter().any(|input| input == source)) {
        return None;
    }
    let mut columns = BTreeSet::new();
    if pipeline.entity.source == source {
        columns.extend(self::columns(pipeline));
    }
    for feature in pipeline.features.values().filter(|feature| feature.from == source) {
        columns.extend(feature_columns(feature));
    }
    for criterion in pipeline.criteria.values().filter(|criterion| criterion.from.as_deref() == Some(source)) {
        columns.insert(pipeline.entity.key.clone());
        columns.extend(criterion.inputs.values().filter_map(|columns| match columns {
            InputColumns::One(column) => Some(column.clone()),
            InputColumns::Many(_) => None,
        }));
    }
    let unique = pipeline.sources[source].columns.iter().filter(|(_, column)| column.unique);
    columns.extend(unique.map(|(name, _)| name.clone()));
    Some(columns)
}

fn feature_columns(feature: &Feature) -> BTreeSet<String> {
    let summary = feature.summary.iter().flat_map(|summary| {
        let always = [&summary.order, &summary.time, &summary.amount];
        always.into_iter().chain(&summary.cost)
    });
    let expressions = summary.chain(feature.columns.values()).chain(&feature.filter);
    let columns = expressions.flat_map(|sql| sql.columns.iter().cloned());
    columns.chain(std::iter::once(feature.key.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, PEOPLE};

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// A reader of every kind; nothing reads `note`.
    const READERS: &str = r#"
[sources.lines]
path = "lines.csv"
event_time = "at"
[sources.lines.columns]
id = "int64"
no = "int64"
at = "timestamp"
amount = "float64"
kind = "string"
note = "string?"
[features.buys]
from = "lines"
where = "kind <> 'test'"
summary = { order = "no", time = "at", amount = "amount" }
[features.buys.columns]
kinds = "count(distinct kind)"
[criteria.tier]
plugin = "abc"
inputs = { value = "spend_total", more = ["orders_total", "serve"] }
where = "email"
[valuation]
currency = "EUR"
revenue = "spend"
goods_cost = "goods"
potential = { benchmark = "p75", within = ["area"] }
[strategy]
scheme = "value"
default = { discount = "0%", channels = ["sms"] }
consent = { sms = "sms" }
worklist = { rank = "days_since_last", per_day = 1 }
[monitor]
features = ["tenure_days"]
"#;

    #[test]
    fn every_reader_of_the_file_is_asked() {
        let fixture = Fixture::people(READERS);
        let profile = set(&["id", "spend", "goods", "serve", "area", "email", "sms"]);
        let made = set(&["kinds", "spend_total", "orders_total", "days_since_last", "tenure_days"]);
        let found = columns(&fixture.pipeline);
        assert!(found.is_superset(&profile) && found.is_superset(&made), "{found:?}");
        for unread in ["spend_mean_repeat", "repeat_orders", "first_order", "note", "amount"] {
            assert!(!found.contains(unread), "{unread}");
        }
    }

    #[test]
    fn a_feature_reads_the_columns_of_its_expressions_and_its_key() {
        let fixture = Fixture::people(READERS);
        assert_eq!(source_columns(&fixture.pipeline, "lines"), Some(set(&["id", "no", "at", "amount", "kind"])));
    }

    #[test]
    fn a_free_query_may_read_any_column() {
        let fixture = Fixture::new(&format!("{PEOPLE}\n[tables.near]\nsql = \"select id from people\"\n"));
        assert_eq!(source_columns(&fixture.pipeline, "people"), None);
    }
}
