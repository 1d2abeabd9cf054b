//! Every segment has terms, and every entity a segment.

use indexmap::IndexMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::Field;
use crate::model::{Name, Scheme, Strategy};
use crate::read::criteria::ReadCriterion;
use crate::read::reader::Reader;
use crate::suggest::{did_you_mean, listed, similar};
use crate::tree::Kind;

impl Reader<'_> {
    /// Terms for segments that exist, and for all of them.
    pub(super) fn check_coverage(
        &mut self,
        strategy: &Strategy,
        scheme: &Scheme,
        segments: Option<Field<'_>>,
        criteria: &IndexMap<Name, ReadCriterion>,
    ) {
        if let Some(labels) = &scheme.labels {
            self.check_segment_names(strategy, scheme, labels, segments);
        }
        if strategy.default.is_some() {
            return;
        }
        let name = &strategy.scheme;
        match &scheme.labels {
            Some(labels) => {
                let without: Vec<_> = labels.iter().filter(|label| !strategy.segments.contains_key(*label)).collect();
                if !without.is_empty() {
                    let list = listed(without.iter().map(|label| label.as_str()), 5);
                    let message = format!("these segments of scheme `{name}` have no terms: {list}");
                    self.without_terms(message, "add them, or a `default`", strategy);
                }
            }
            None if all_known(scheme, criteria) => {
                let message = format!("the segments of scheme `{name}` are not known before data is read");
                self.without_terms(message, "add a `default` for those not named", strategy);
            }
            None => {}
        }
        let unlabelled = scheme
            .by
            .iter()
            .find(|by| criteria.get(*by).is_some_and(|criterion| criterion.bound && criterion.may_be_null));
        if let (Some(criterion), None) = (unlabelled, &scheme.other) {
            let message = format!("customers without a label of `{criterion}` would be in no segment and get no terms");
            let text = format!("give `{criterion}` a `none`, scheme `{name}` an `other`, or add a `default`");
            self.without_terms(message, &text, strategy);
        }
    }

    fn without_terms(&mut self, message: String, text: &str, strategy: &Strategy) {
        self.problems.push(Diagnostic::error(Code::SegmentWithoutTerms, message).at(&strategy.span, text));
    }

    fn check_segment_names(
        &mut self,
        strategy: &Strategy,
        scheme: &Scheme,
        labels: &[String],
        segments: Option<Field<'_>>,
    ) {
        let Some(Kind::Table(table)) = segments.map(|field| &field.value().kind) else {
            return;
        };
        for (name, entry) in table.entries.iter().filter(|(name, _)| !labels.contains(name)) {
            let suggestion = similar(name, labels.iter().map(String::as_str));
            let message = format!("scheme `{}` never produces the segment `{name}`", strategy.scheme);
            let problem = Diagnostic::error(Code::UnknownLabel, message);
            let problem = problem.at(&entry.key, did_you_mean(suggestion, "not one of its segments"));
            self.problems.push(problem.see(&scheme.span, "the segments come from here"));
        }
    }
}

/// Whether every criterion was read, so that unknown labels are not the mark of another mistake.
fn all_known(scheme: &Scheme, criteria: &IndexMap<Name, ReadCriterion>) -> bool {
    !scheme.by.is_empty() && scheme.by.iter().all(|by| criteria.get(by).is_some_and(|criterion| criterion.bound))
}
