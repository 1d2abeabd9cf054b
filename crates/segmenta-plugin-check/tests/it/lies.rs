//! Each lie is found, by the rule that names it.

use std::sync::OnceLock;

use segmenta_plugin_check::{Effort, Fixture, Level, Options, Outcome, Report, Target, assert_laws, check};
use segmenta_plugin_sdk::Fitted;
use serde_json::json;

use crate::lying::{self, Honest};

fn report() -> &'static Report {
    static REPORT: OnceLock<Report> = OnceLock::new();
    REPORT.get_or_init(|| {
        let options = Options { effort: Effort::Quick, ..Options::default() };
        check(&Target::Linked(lying::linked()), Level::Stress, &options)
    })
}

/// Rules of a criterion that do not hold.
fn broken(criterion: &str) -> Vec<&'static str> {
    let of = report().failures().filter(|finding| finding.criterion.as_deref() == Some(criterion));
    of.map(|finding| finding.rule.as_str()).collect()
}

#[test]
fn rows_that_depend_on_their_batch_are_found() {
    assert_eq!(broken("above_batch_mean"), ["other-batches", "rows-between"]);
}

#[test]
fn a_merge_that_depends_on_order_is_found() {
    let broken = broken("float_sum");
    assert!(broken.contains(&"merge-order") && broken.contains(&"merge-shuffled"), "{broken:?}");
    assert!(!broken.contains(&"empty-partials") && !broken.contains(&"merge-into-fresh"), "{broken:?}");
}

#[test]
fn a_configuration_that_only_the_first_partial_has_is_found() {
    assert_eq!(broken("first_configures"), ["merge-into-fresh"]);
}

#[test]
fn an_empty_partial_that_counts_is_found() {
    assert!(broken("mean_of_partials").contains(&"empty-partials"));
}

#[test]
fn a_hash_order_in_a_model_is_found() {
    assert!(broken("hash_order").contains(&"two-runs"));
}

#[test]
fn a_clock_is_found() {
    assert!(broken("clock").contains(&"repeat"));
}

#[test]
fn a_data_race_is_found() {
    assert!(broken("shared").contains(&"threads"), "{:?}", broken("shared"));
}

#[test]
fn a_leak_is_found() {
    assert_eq!(broken("leaky"), ["leaks"]);
}

#[test]
fn what_is_declared_to_differ_may_differ_by_that_much() {
    assert_eq!([broken("tolerant"), broken("unrepeatable")], [[""; 0]; 2]);
    let broken = broken("intolerant");
    assert!(broken.contains(&"repeat"), "{broken:?}");
}

#[test]
fn an_honest_criterion_beside_them_is_green() {
    assert_eq!(broken("honest"), [""; 0]);
}

#[test]
fn laws_can_be_asserted_by_the_type_of_a_criterion() {
    assert_laws!(Honest, Fixture::params(json!({})));
}

#[test]
#[should_panic(expected = "merge-into-fresh of `first_configures`")]
fn a_broken_law_fails_the_authors_test() {
    assert_laws!(plugin: lying::linked(), "first_configures", Fixture::params(json!({})));
}

#[test]
#[should_panic(expected = "no criterion `absent`")]
fn a_law_of_nothing_fails_the_authors_test() {
    assert_laws!(plugin: settlement::linked(), "absent", Fixture::params(json!({})));
}

#[test]
fn every_finding_says_what_was_expected_what_came_and_what_to_do() {
    assert!(report().failures().count() >= 7);
    for finding in report().failures() {
        let Outcome::Failed(difference) = &finding.outcome else { unreachable!("it is a failure") };
        let texts = [&difference.expected, &difference.came, &difference.next];
        assert!(texts.iter().all(|text| text.len() > 10), "{finding:?}");
    }
    let text = report().text();
    assert!(text.contains("error[fit]: merge-into-fresh of `first_configures`"), "{text}");
    assert!(report().junit().contains("<failure message="));
    assert!(report().markdown().contains("| fit | merge-into-fresh |"));
}
