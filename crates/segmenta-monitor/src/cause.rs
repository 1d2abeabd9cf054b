//! From the pattern of all changes to a hint why, each with the rule that fired.
//!
//! | Rule | Hint | Action |
//! |---|---|---|
//! | a check of the input failed, and the figure is computed from that input | data issue | investigate the data |
//! | one channel moves the same way in every segment, the others do not | channel | fix the channel |
//! | two thirds of the change per customer are mix, and the moves are significant | customers moved | adjust targeting |
//! | one or two segments have two thirds of the rate effect, shares are stable | segment performs differently | adjust serving |
//! | all segments with 5 % of the customers move the same way | market wide | update the target |
//! | columns drift, the silhouette falls, customers are far from all segments: two of three | segments no longer fit | review the segmentation |
//! | old and new definition disagree | definition changed | none, the baseline starts again |
//! | uplift not above 0 for two runs | no effect | stop or change the treatment |
//! | the same happened last year | seasonal | none |
//!
//! The input comes first, since it explains alerts of every kind. The rules from channel to fit are tried in this order,
//! within a rule the schemes by name; the last three come with the alerts that they are about. An alert that no rule
//! explains keeps the cause it had in the run before.

mod channel;
mod shape;

use std::collections::BTreeMap;

use crate::alert::Draft;
use crate::alert::judge::Judged;
use crate::facts::ComparisonId;
use crate::findings::{
    Action, Alert, Cause, CauseHint, Direction, DriftFinding, Family, FitFinding, Level, MigrationFinding, Rule,
};
use crate::fit;
use crate::metric::MetricId;
use crate::policy::Policy;
use crate::series::Book;

use shape::Shape;

/// What the rules look at.
pub(crate) struct Scene<'s> {
    pub(crate) policy: &'s Policy,
    pub(crate) book: &'s Book<'s>,
    pub(crate) judged: &'s [Judged],
    pub(crate) migrations: &'s [MigrationFinding],
    pub(crate) drift: &'s [DriftFinding],
    pub(crate) fit: &'s [FitFinding],
}

/// Gives every draft that has no cause yet the one whose rule fires first.
pub(crate) fn attribute(scene: &Scene<'_>, drafts: &mut [Draft]) {
    let mut shapes = Shapes { scene, known: BTreeMap::new() };
    let channels = channel::moved(scene, drafts);
    for draft in drafts.iter_mut().filter(|draft| draft.alert.cause.hint == CauseHint::Unknown) {
        if draft.alert.level >= Level::Info && draft.alert.family != Family::Data {
            let rule = rule(&mut shapes, &channels, &draft.alert);
            let hint = hint(&rule);
            draft.alert.action = action(hint);
            draft.alert.cause = Cause { hint, rule };
        }
    }
}

/// What follows from a hint.
pub(crate) fn action(hint: CauseHint) -> Action {
    match hint {
        CauseHint::DataIssue => Action::InvestigateData,
        CauseHint::CustomersMoved => Action::AdjustTargeting,
        CauseHint::SegmentPerformsDifferently => Action::AdjustServing,
        CauseHint::MarketWide => Action::UpdateTarget,
        CauseHint::Channel => Action::FixChannel,
        CauseHint::SegmentsNoLongerFit => Action::ReviewSegmentation,
        CauseHint::DefinitionChanged => Action::RestartBaseline,
        CauseHint::NoEffect => Action::StopOrChangeTreatment,
        CauseHint::Seasonal | CauseHint::Unknown => Action::Keep,
    }
}

fn hint(rule: &Rule) -> CauseHint {
    match rule {
        Rule::DataCheckFailed { .. } => CauseHint::DataIssue,
        Rule::MixDominates { .. } | Rule::SegmentGoneOrNew { .. } => CauseHint::CustomersMoved,
        Rule::RateInFewSegments { .. } => CauseHint::SegmentPerformsDifferently,
        Rule::AllSegmentsTogether { .. } => CauseHint::MarketWide,
        Rule::ChannelInEverySegment { .. } => CauseHint::Channel,
        Rule::FitFell { .. } => CauseHint::SegmentsNoLongerFit,
        Rule::DefinitionsDisagree { .. } => CauseHint::DefinitionChanged,
        Rule::NoUplift { .. } => CauseHint::NoEffect,
        Rule::AsLastYear { .. } => CauseHint::Seasonal,
        Rule::None => CauseHint::Unknown,
    }
}

fn rule(shapes: &mut Shapes<'_, '_>, channels: &[channel::Moved], alert: &Alert) -> Rule {
    let scene = shapes.scene;
    if matches!(alert.family, Family::Fit | Family::Feature) {
        return scene.schemes(alert).find_map(|scheme| scene.no_longer_fits(scheme)).unwrap_or_default();
    }
    if alert.family == Family::Channel {
        return channels.iter().find_map(|moved| moved.rule_of(alert)).unwrap_or_default();
    }
    let by_channel = channels.iter().find_map(|moved| moved.rule_for(scene, alert));
    let schemes: Vec<&str> = scene.schemes(alert).collect();
    by_channel
        .or_else(|| schemes.iter().find_map(|scheme| shapes.of(scheme, alert)?.mix(scene, scheme, alert)))
        .or_else(|| schemes.iter().find_map(|scheme| shapes.of(scheme, alert)?.few(scene.policy, alert)))
        .or_else(|| schemes.iter().find_map(|scheme| shapes.of(scheme, alert)?.together(scene.policy, alert)))
        .or_else(|| schemes.iter().find_map(|scheme| scene.no_longer_fits(scheme)))
        .unwrap_or_default()
}

impl<'s> Scene<'s> {
    /// The schemes that can explain an alert: its own, or every one for a figure of all customers.
    fn schemes(&self, alert: &Alert) -> impl Iterator<Item = &'s str> {
        let own = alert.segment.scheme.clone();
        let all = self.book.runs[self.book.current()].labels.keys().map(String::as_str);
        all.filter(move |scheme| own.is_empty() || *scheme == own)
    }

    fn no_longer_fits(&self, scheme: &str) -> Option<Rule> {
        fit::no_longer_fits(self.policy, self.book, scheme, self.fit, self.drift)
    }
}

/// How each scheme changed, by the figure that is asked about.
struct Shapes<'s, 'a> {
    scene: &'s Scene<'a>,
    known: BTreeMap<(String, MetricId, ComparisonId), Option<Shape>>,
}

impl Shapes<'_, '_> {
    fn of(&mut self, scheme: &str, alert: &Alert) -> Option<&Shape> {
        let scene = self.scene;
        let known = self.known.entry((scheme.to_owned(), alert.metric.clone(), alert.comparison));
        known.or_insert_with(|| Shape::of(scene.book, scheme, &alert.metric, alert.comparison)).as_ref()
    }
}

/// 1 for a rise, −1 for a fall.
fn sign(direction: Direction) -> f64 {
    match direction {
        Direction::Up => 1.0,
        Direction::Down => -1.0,
        Direction::Either => 0.0,
    }
}
