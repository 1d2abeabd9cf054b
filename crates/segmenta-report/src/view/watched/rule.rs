//! A cause with the rule that gave it: the sentence is in the catalogue, the numbers are here.

use std::collections::BTreeMap;

use segmenta_monitor::findings::Rule;
use serde::Serialize;

use super::code;
use crate::format::Numbers;

/// A rule by its key in the catalogue, with the parts of its sentence.
#[derive(Debug, Clone, Serialize)]
pub(super) struct RuleView {
    rule: &'static str,
    parts: BTreeMap<&'static str, String>,
}

/// What stands for a number or name that is not known.
const UNKNOWN: &str = "–";

pub(super) fn view(rule: &Rule, numbers: &Numbers) -> RuleView {
    let name = |name: &Option<String>| name.clone().unwrap_or_else(|| UNKNOWN.to_owned());
    let (rule, parts): (&'static str, Vec<(&'static str, String)>) = match rule {
        Rule::DataCheckFailed { check, input, column } => {
            let input = column.as_ref().map_or_else(|| input.clone(), |column| format!("{input}.{column}"));
            ("data_check_failed", vec![("check", code(check)), ("input", input)])
        }
        Rule::MixDominates { mix_share, from_segment, to_segment, .. } => {
            let share = numbers.whole_share(*mix_share);
            ("mix_dominates", vec![("share", share), ("from", name(from_segment)), ("to", name(to_segment))])
        }
        Rule::RateInFewSegments { segments, rate_share, .. } => {
            let share = numbers.whole_share(*rate_share);
            ("rate_in_few_segments", vec![("share", share), ("segments", segments.join(", "))])
        }
        Rule::AllSegmentsTogether { segments, rel_change } => {
            let change = numbers.change(*rel_change);
            ("all_segments_together", vec![("n", numbers.count(*segments)), ("change", change)])
        }
        Rule::ChannelInEverySegment { channel, segments } => {
            ("channel_in_every_segment", vec![("channel", channel.clone()), ("n", numbers.count(*segments))])
        }
        Rule::FitFell { columns, .. } => ("fit_fell", vec![("columns", columns.join(", "))]),
        Rule::DefinitionsDisagree { ari } => {
            let ari = ari.map_or_else(|| UNKNOWN.to_owned(), |ari| numbers.number(ari));
            ("definitions_disagree", vec![("ari", ari)])
        }
        Rule::NoUplift { runs, .. } => ("no_uplift", vec![("n", numbers.count(u64::from(*runs)))]),
        Rule::AsLastYear { rel_change } => ("as_last_year", vec![("change", numbers.change(*rel_change))]),
        Rule::SegmentGoneOrNew { share } => ("segment_gone_or_new", vec![("share", numbers.share(*share))]),
        Rule::None => ("none", vec![]),
    };
    RuleView { rule, parts: parts.into_iter().collect() }
}
