//! The plugins that are part of the program keep to the contract at every level.

use segmenta_plugin_check::{Effort, Fixture, Level, Linked, Options, Report, Target, check};
use serde_json::{Value, json};

/// Every plugin, with the options that it cannot do without.
pub(crate) fn shipped() -> [(Linked, Value); 8] {
    [
        (abc::linked(), json!({})),
        (age_band::linked(), json!({})),
        (company_size::linked(), json!({})),
        (kmeans::linked(), json!({"clusters": 3, "starts": 2})),
        (nace_section::linked(), json!({})),
        (needs::linked(), json!({})),
        (rfm::linked(), json!({})),
        (settlement::linked(), json!({"cuts": {"rural": 20, "town": 50}})),
    ]
}

fn checked(plugin: Linked, params: Value) -> Report {
    let fixtures = vec![Fixture::params(params)];
    check(&Target::Linked(plugin), Level::Stress, &Options { fixtures, effort: Effort::Quick, ..Options::default() })
}

#[test]
fn every_plugin_is_green_up_to_stress() {
    let mut broken = String::new();
    for (plugin, params) in shipped() {
        let report = checked(plugin, params);
        assert!(report.findings.iter().any(|finding| finding.level == Level::Fit), "{}", report.text());
        if report.reached() != Some(Level::Stress) {
            broken += &report.text();
        }
    }
    assert!(broken.is_empty(), "{broken}");
}
