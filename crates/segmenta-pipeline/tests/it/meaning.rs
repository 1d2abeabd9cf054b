//! What the less usual forms of a file mean.

use segmenta_pipeline::Code;
use segmenta_pipeline::model::{Dataset, Format, Metric};

use crate::catalog::read;
use crate::rendering::render;

/// A small right file, with a place for more.
fn file(more: &str) -> String {
    let base = r#"
[pipeline]
name    = "p"
edition = "2026"

[entity]
name   = "customer"
source = "customers"
key    = "id"

[sources.customers]
path     = "customers.parquet"
timeless = true

[sources.customers.columns]
id    = { type = "int64", unique = true }
spend = "float64"

[criteria.tier]
plugin = "abc"
inputs = { value = "spend" }

[schemes.value]
kind  = "strategic"
goal  = "Decide terms"
by    = "tier"
other = "rest"

[outputs]
path = "out"
"#;
    format!("{base}{more}")
}

fn pipeline(text: &str) -> segmenta_pipeline::Pipeline {
    let (pipeline, problems) = read(text, &[]);
    assert_eq!(render(text, &problems), "");
    pipeline.expect("a file without problems is a pipeline")
}

fn codes(text: &str) -> Vec<Code> {
    read(text, &[]).1.into_iter().map(|problem| problem.code).collect()
}

#[test]
fn missing_sections_have_defaults() {
    let pipeline = pipeline(&file(""));
    let metrics: Vec<_> = pipeline.monitor.checks.values().map(|check| check.metric).collect();
    assert_eq!(metrics, [Metric::Customers, Metric::NullRate]);
    let written = [Dataset::Segments, Dataset::SegmentSummary, Dataset::Drift, Dataset::Report, Dataset::Quarantine];
    assert_eq!(pipeline.outputs.write, written, "no strategy, so no actions and no work list");
    assert!(pipeline.strategy.is_none() && pipeline.schedule.is_none());
}

#[test]
fn text_formats_have_their_own_keys() {
    let more = r#"
[sources.events]
path      = "events-*.tsv.gz"
timeless  = true
quote     = ""
encoding  = "cp1252"
nulls     = ["", "NULL"]
where     = "kind <> 'test'"
filters   = { real = "kind in ('a', 'b')" }
columns   = { kind = { type = "string", in = ["a", "b", "test"], from = "Kind of event" } }
"#;
    let pipeline = pipeline(&file(more));
    let source = &pipeline.sources["events"];
    let Format::Csv(csv) = &source.format else { panic!("{:?}", source.format) };
    assert_eq!((csv.delimiter, csv.quote, csv.nulls.len()), (b'\t', None, 2));
    assert_eq!(source.filters.keys().collect::<Vec<_>>(), ["where", "real"]);
    assert_eq!(codes(&file(&more.replace(".tsv.gz", ".parquet"))), [Code::UnknownKey; 3]);
}

#[test]
fn columns_of_an_sql_table_are_not_guessed() {
    let more = r#"
[tables.people]
sql = "select id, spend, spend > 5 as big from customers"

[features.more]
from    = "people"
columns = { most = "max(anything)" }

[criteria.wealth]
plugin = "abc"
inputs = { value = "most" }
"#;
    let pipeline = pipeline(&file(more));
    assert_eq!(pipeline.tables["people"].inputs, ["customers"]);
    assert_eq!(codes(&file(more).replace("source = \"customers\"", "source = \"people\"")), []);
}

#[test]
fn a_disabled_criterion_is_checked_but_cannot_be_used() {
    let off = file("[criteria.off]\nplugin = \"abc\"\ninputs = { value = \"spend\" }\nenabled = false\n");
    assert!(!pipeline(&off).criteria.contains_key("off"));
    let used = off.replace("by    = \"tier\"", "by    = [\"tier\", \"off\"]");
    assert_eq!(codes(&used), [Code::UnknownName]);
    assert_eq!(codes(&off.replace("enabled", "cutz = 1\nenabled")), [Code::UnknownKey]);
}

#[test]
fn the_fingerprint_ignores_what_does_not_change_results() {
    let fingerprint = |text: &str| pipeline(text).fingerprint_json().to_string();
    let plain = fingerprint(&file(""));
    let same = file("[schedule]\ncron = \"0 5 * * *\"\n").replace("path = \"out\"", "path = \"elsewhere\"");
    let same = same.replace("customers.parquet", "new/customers.parquet");
    let same = same.replace("name    = \"p\"", "description = \"d\"\nname    = \"p\"");
    assert_eq!(fingerprint(&same), plain);
    let moved = file("")
        .replace("kind  = \"strategic\"\ngoal  = \"Decide terms\"", "goal  = \"Decide terms\"\nkind  = \"strategic\"");
    assert_eq!(fingerprint(&moved), plain);
    assert_ne!(fingerprint(&file("").replace("\"rest\"", "\"others\"")), plain);
    assert_ne!(fingerprint(&file("").replace("spend = \"float64\"", "spend = \"float64?\"")), plain);
}

#[test]
fn filters_keep_their_order_in_the_fingerprint() {
    let with = |filters: &str| {
        let text = file("").replace("timeless = true", &format!("timeless = true\nfilters = {{ {filters} }}"));
        pipeline(&text).fingerprint_json().to_string()
    };
    assert_ne!(with("a = \"id > 1\", b = \"id > 2\""), with("b = \"id > 2\", a = \"id > 1\""));
}

#[test]
fn a_param_given_from_outside_replaces_the_default() {
    let text = file("[params]\nother = \"rest\"\nlimit = 3\n")
        .replace("other = \"rest\"\n\n[outputs]", "other = \"${params.other}\"\n\n[outputs]");
    let given = [("other".to_owned(), "tail".to_owned())];
    let (pipeline, problems) = read(&text, &given);
    assert_eq!(render(&text, &problems), "");
    assert_eq!(pipeline.unwrap().schemes["value"].other.as_deref(), Some("tail"));
    let unknown = [("othr".to_owned(), "x".to_owned())];
    let problems = read(&text, &unknown).1;
    assert_eq!(problems.len(), 1);
    assert_eq!(problems[0].hint.as_deref(), Some("did you mean `--param other=…`?"));
}

#[test]
fn nobody_is_left_without_terms() {
    let terms = "\n[strategy]\nscheme = \"value\"\n\n[strategy.segments]\n";
    let each = "a = { discount = 0.05 }\nb = { discount = \"3%\" }\nc = { discount = 0 }\n";
    let rest = "rest = { discount = 0 }\n";
    let all = file(&format!("{terms}{each}{rest}"));
    let strategy = pipeline(&all).strategy.expect("the file has one");
    let discounts: Vec<_> = strategy.segments.values().map(|terms| terms.discount).collect();
    assert_eq!(discounts, [Some(0.05), Some(0.03), Some(0.0), Some(0.0)]);
    assert_eq!(codes(&file(&format!("{terms}{each}"))), [Code::SegmentWithoutTerms], "`rest` has none");
    let unlabelled = file(&format!("{terms}{each}")).replace("other = \"rest\"\n", "");
    assert_eq!(codes(&unlabelled), [Code::SegmentWithoutTerms], "customers without a tier have none");
    let misspelt = all.replace("\nb = {", "\nbb = {");
    assert_eq!(codes(&misspelt), [Code::SegmentWithoutTerms, Code::UnknownLabel]);
    let clusters =
        all.replace("\"abc\"", "\"kmeans\"").replace("value = \"spend\" }", "features = [\"spend\"] }\nclusters = 3");
    assert_eq!(codes(&clusters), [Code::SegmentWithoutTerms], "clusters have no names beforehand");
}
