//! What the less usual forms of a file mean.

use segmenta_pipeline::Code;
use segmenta_pipeline::model::{
    Dataset, Format, Isolation, Language, Metric, OnHang, OnStale, Report, Sha256, Timeout,
};

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

#[test]
fn a_plugin_table_says_which_bytes_and_what_they_may_take() {
    let digest = "ab".repeat(32);
    let table = format!(
        r#"
[plugins.acme-rfm]
path      = "plugins/acme.toml"
sha256    = {{ linux-x86_64-gnu = "{digest}" }}
isolation = "process"
timeout   = {{ apply = "30 seconds", fit = "20 minutes" }}
memory    = "512MiB"
on_hang   = "wait"
allow_nondeterministic = true

[plugins.rfm]
"#
    );
    let pipeline = pipeline(&file(&table));
    let acme = &pipeline.plugins["acme-rfm"];
    assert!(acme.path.as_deref().is_some_and(|path| path.ends_with("plugins/acme.toml")));
    assert_eq!(acme.sha256, Some(Sha256::Each([("linux-x86_64-gnu".to_owned(), digest)].into())));
    assert_eq!((acme.isolation, acme.on_hang), (Some(Isolation::Process), Some(OnHang::Wait)));
    assert_eq!(acme.timeout, Timeout { create: None, fit: Some(1_200.0), apply: Some(30.0) });
    assert_eq!((acme.memory, acme.allow_nondeterministic), (Some(536_870_912), true));
    assert_eq!(pipeline.plugins["rfm"].path, None);
}

#[test]
fn a_plugin_table_with_mistakes_is_refused_in_full() {
    let table = r#"
[plugins.acme]
sha256    = "ABC"
isolation = "thread"
timeout   = { apply = "1 month", run = "1 hour" }
memory    = "much"
size      = 3
"#;
    let expected = [
        Code::OutOfRange,
        Code::UnknownChoice,
        Code::BadDuration,
        Code::UnknownKey,
        Code::OutOfRange,
        Code::UnknownKey,
    ];
    assert_eq!(codes(&file(table)), expected);
}

#[test]
fn the_greatest_age_of_a_model_is_for_criteria_that_have_one() {
    let with = |keys: &str| file("").replace("plugin = \"abc\"", &format!("plugin = \"abc\"\n{keys}"));
    let pipeline = pipeline(&with("max_age = \"100 days\"\non_stale = \"warn\""));
    let tier = &pipeline.criteria["tier"];
    assert_eq!((tier.max_age.map(|age| age.count), tier.on_stale), (Some(100), OnStale::Warn));
    assert_eq!(codes(&with("on_stale = \"fail\"")), [Code::ConflictingKeys]);
    let age = "[criteria.age]\nplugin = \"settlement\"\ninputs = { population = \"id\" }\ncuts = { rural = 5 }\nmax_age = \"1 year\"\n";
    assert_eq!(codes(&file(age)), [Code::UselessRefit]);
}

#[test]
fn the_report_has_a_language_and_hides_small_groups() {
    let report = |keys: &str| pipeline(&file(keys)).report;
    assert_eq!(report(""), Report { language: Language::En, smallest_group: 10 });
    let hungarian = report("[report]\nlanguage = \"hu\"\nsmallest_group = 1\n");
    assert_eq!(hungarian, Report { language: Language::Hu, smallest_group: 1 });
    assert_eq!(codes(&file("[report]\nlanguage = \"fr\"\n")), [Code::UnknownChoice]);
    assert_eq!(codes(&file("[report]\nsmallest_group = 0\n")), [Code::OutOfRange]);
}
