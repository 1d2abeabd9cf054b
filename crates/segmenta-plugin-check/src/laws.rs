//! `assert_laws!`, for the `cargo test` of a plugin.

use segmenta_plugin_host::Linked;

use crate::{Effort, Fixture, Level, Options, Target, check};

/// Checks one criterion of a linked plugin through its real C table, at every level up to `stress`.
///
/// # Panics
/// With the report if anything fails, and if the plugin has no criterion of this name.
pub fn assert_laws(plugin: Linked, criterion: &str, fixture: Fixture) {
    let (only, fixtures) = (Some(criterion.to_owned()), vec![fixture.of(criterion)]);
    let options = Options { criterion: only, fixtures, effort: Effort::Quick, ..Options::default() };
    let report = check(&Target::Linked(plugin), Level::Stress, &options);
    let known = report.findings.iter().any(|finding| finding.criterion.as_deref() == Some(criterion));
    assert!(report.is_green(), "{}", report.text());
    assert!(known, "the plugin has no criterion `{criterion}`");
}

/// Asserts the laws of a criterion in the tests of the crate that exports it: `assert_laws!(MyCriterion,
/// Fixture::csv("fixture.csv"))`. It goes through the C table and all checks of a run.
///
/// The first form is for the crate's own unit tests, where `crate::linked` is what `export_plugin!`
/// makes, and the criterion's trait is in scope. The second is for any other place: `assert_laws!(plugin:
/// my_plugin::linked(), "my_criterion", fixture)`.
#[expect(clippy::crate_in_macro_def, reason = "`linked` is what `export_plugin!` makes in the author's crate")]
#[macro_export]
macro_rules! assert_laws {
    (plugin: $plugin:expr, $criterion:expr, $fixture:expr $(,)?) => {
        $crate::assert_laws($plugin, $criterion, $fixture)
    };
    ($criterion:ty, $fixture:expr $(,)?) => {
        $crate::assert_laws(crate::linked(), <$criterion>::NAME, $fixture)
    };
}
