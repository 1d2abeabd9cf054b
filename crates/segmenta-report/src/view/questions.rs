//! The twelve questions managers ask, answered from the run or with the input that is missing.

use std::cmp::Reverse;

use segmenta_monitor::MetricId;
use segmenta_monitor::findings::{ChannelFinding, Findings};
use serde::Serialize;

use super::served::short_terms;
use super::watched::code;
use crate::Report;
use crate::format::{Numbers, Printed};
use crate::model::{Channel, Check, Scheme, Segment};

/// Rows of an answer; the sections named elsewhere on the page have the rest.
const MOST_ROWS: usize = 12;

/// One question with its answer.
#[derive(Debug, Serialize)]
pub(crate) struct Question {
    /// Key in the catalogue, and the end of its anchor.
    id: &'static str,
    /// `None` when an input is missing; the catalogue says which.
    answer: Option<Answer>,
}

/// A small table; the first column heads the rows.
#[derive(Debug, Serialize)]
struct Answer {
    /// Keys of the headings in the catalogue.
    columns: Vec<&'static str>,
    rows: Vec<Vec<Cell>>,
}

/// A name from the data, or a number.
#[derive(Debug, Serialize)]
struct Cell {
    text: Option<String>,
    printed: Option<Printed>,
}

impl Cell {
    fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), printed: None }
    }

    fn number(printed: Printed) -> Self {
        Self { text: None, printed: Some(printed) }
    }
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Vec<Question> {
    let scheme = report.main_scheme().filter(|scheme| !scheme.segments.is_empty());
    let findings = report.monitoring.as_ref().map(|monitoring| &monitoring.findings);
    let of_scheme = |answer: fn(&Report, &Scheme, &Numbers) -> Option<Answer>| {
        scheme.and_then(|scheme| answer(report, scheme, numbers))
    };
    let of_findings =
        |answer: fn(&Findings, &Numbers) -> Option<Answer>| findings.and_then(|findings| answer(findings, numbers));
    let questions = [
        ("segments-by-criteria", of_scheme(segments_by_criteria)),
        ("channels-to-segments", channels_to_segments(report, numbers)),
        ("added-value", of_scheme(added_value)),
        ("performance-tools", performance_tools(report)),
        ("main-groups", of_scheme(main_groups)),
        ("most-and-least-profitable", of_scheme(most_and_least_profitable)),
        // Products, needs and problems of customers are not in the model of a run.
        ("appealing-aspects", None),
        ("needs", None),
        ("relieve-problems", None),
        ("improve-offer", of_findings(improve_offer)),
        ("engaging-channels", of_findings(engaging_channels)),
        ("channel-effectiveness", of_findings(channel_effectiveness)),
    ];
    questions.map(|(id, answer)| Question { id, answer: answer.filter(|answer| !answer.rows.is_empty()) }).into()
}

/// Identifiable by its rule, measurable and substantial by its numbers, accessible by its channels.
fn segments_by_criteria(_: &Report, scheme: &Scheme, numbers: &Numbers) -> Option<Answer> {
    let row = |segment: &Segment| {
        let channels = segment.terms.as_ref().map(|terms| terms.channels.join(", "));
        let revenue = Printed::figure(&segment.revenue_share, |share| numbers.share_printed(*share));
        vec![
            Cell::text(&segment.name),
            Cell::text(segment.rule.clone().unwrap_or_default()),
            Cell::number(numbers.people_printed(segment.customers)),
            Cell::number(numbers.of_group(segment.customers, revenue)),
            Cell::text(channels.unwrap_or_default()),
        ]
    };
    let columns = vec!["segment", "rule", "customers", "revenue_share", "channels"];
    Some(Answer { columns, rows: scheme.segments.iter().take(MOST_ROWS).map(row).collect() })
}

fn channels_to_segments(report: &Report, numbers: &Numbers) -> Option<Answer> {
    let strategy = report.strategy.known()?;
    let row = |channel: &Channel| {
        let consented = Printed::figure(&channel.consented, |consented| numbers.people_printed(*consented));
        let chosen = numbers.people_printed(channel.chosen);
        vec![Cell::text(&channel.name), Cell::number(consented), Cell::number(chosen)]
    };
    let rows = strategy.channels.iter().take(MOST_ROWS).map(row).collect();
    Some(Answer { columns: vec!["channel", "consented", "chosen"], rows })
}

fn added_value(_: &Report, scheme: &Scheme, numbers: &Numbers) -> Option<Answer> {
    let with_terms = scheme.segments.iter().filter_map(|segment| Some((segment, segment.terms.as_ref()?)));
    let row = |(segment, terms): (&Segment, _)| {
        let terms: &crate::model::Terms = terms;
        let offer = terms.offer.clone().unwrap_or_default();
        vec![Cell::text(&segment.name), Cell::text(offer), Cell::text(short_terms(terms, numbers))]
    };
    let rows = with_terms.take(MOST_ROWS).map(row).collect();
    Some(Answer { columns: vec!["segment", "offer", "terms"], rows })
}

/// The checks of the pipeline, and how they went.
fn performance_tools(report: &Report) -> Option<Answer> {
    let outcome = |check: &Check| Cell::text(code(&check.outcome));
    let rows = report.checks.iter().take(MOST_ROWS).map(|check| vec![Cell::text(&check.name), outcome(check)]);
    Some(Answer { columns: vec!["check", "outcome"], rows: rows.collect() })
}

fn main_groups(_: &Report, scheme: &Scheme, numbers: &Numbers) -> Option<Answer> {
    let mut segments: Vec<&Segment> = scheme.segments.iter().collect();
    segments.sort_by_key(|segment| Reverse(segment.customers));
    let row = |segment: &Segment| {
        let share = numbers.of_group(segment.customers, numbers.share_printed(segment.share));
        vec![Cell::text(&segment.name), Cell::number(numbers.people_printed(segment.customers)), Cell::number(share)]
    };
    let rows = segments.into_iter().take(5).map(row).collect();
    Some(Answer { columns: vec!["segment", "customers", "share"], rows })
}

/// The three segments that earn most per customer, and the three that earn least.
fn most_and_least_profitable(_: &Report, scheme: &Scheme, numbers: &Numbers) -> Option<Answer> {
    let shown = |segment: &&Segment| !numbers.is_small(segment.customers);
    let valued = scheme
        .segments
        .iter()
        .filter(shown)
        .filter_map(|segment| Some((segment, *segment.mean_margin.known()?, *segment.margin.known()?)));
    let mut valued: Vec<_> = valued.collect();
    valued.sort_by_key(|(_, mean, _)| Reverse(*mean));
    let least = valued.len().saturating_sub(3).max(3);
    let ends = valued.iter().enumerate().filter(|(index, _)| *index < 3 || *index >= least);
    let row = |(_, (segment, mean, margin)): (usize, &(&Segment, i64, i64))| {
        vec![
            Cell::text(&segment.name),
            Cell::number(numbers.money_printed(*mean)),
            Cell::number(numbers.money_printed(*margin)),
        ]
    };
    Some(Answer { columns: vec!["segment", "mean_margin", "margin"], rows: ends.map(row).collect() })
}

/// The least satisfied segments first.
fn improve_offer(findings: &Findings, numbers: &Numbers) -> Option<Answer> {
    let surveyed = findings.segments.iter().filter(|segment| !numbers.is_small(segment.customers));
    let scored = surveyed.filter_map(|segment| {
        let score = segment.metrics.iter().find(|finding| finding.metric == MetricId::Satisfaction)?.value?;
        Some((segment.key.segment.clone()?, score))
    });
    let mut scored: Vec<(String, f64)> = scored.collect();
    scored.sort_by(|a, b| a.1.total_cmp(&b.1));
    let row = |(name, score)| vec![Cell::text(name), Cell::number(numbers.number_printed(score))];
    let rows = scored.into_iter().take(MOST_ROWS).map(row).collect();
    Some(Answer { columns: vec!["segment", "satisfaction"], rows })
}

/// Channels over all customers, the highest rate first.
fn channels<'a>(findings: &'a Findings, numbers: &'a Numbers) -> impl Iterator<Item = &'a ChannelFinding> {
    let of_all = |row: &&ChannelFinding| row.key.segment.is_none();
    let shown = move |row: &&ChannelFinding| !numbers.is_small(row.responses);
    let mut rows: Vec<&ChannelFinding> = findings.channels.iter().filter(of_all).filter(shown).collect();
    rows.sort_by(|a, b| b.rate.unwrap_or(0.0).total_cmp(&a.rate.unwrap_or(0.0)));
    rows.into_iter()
}

fn engaging_channels(findings: &Findings, numbers: &Numbers) -> Option<Answer> {
    let engaged = channels(findings, numbers).filter(|row| row.metric == MetricId::Response);
    let row = |row: &ChannelFinding| {
        let rate = row.rate.map_or_else(|| Printed::missing("value_missing"), |rate| numbers.share_printed(rate));
        vec![Cell::text(&row.channel), Cell::number(rate), Cell::number(numbers.people_printed(row.contacts))]
    };
    let rows = engaged.take(MOST_ROWS).map(row).collect();
    Some(Answer { columns: vec!["channel", "rate", "contacts"], rows })
}

/// What a channel adds, where customers were held out.
fn channel_effectiveness(findings: &Findings, numbers: &Numbers) -> Option<Answer> {
    let measured = channels(findings, numbers).filter_map(|row| Some((row, row.uplift?)));
    let row = |(row, uplift): (&ChannelFinding, f64)| {
        let rate = row.rate.map_or_else(|| Printed::missing("value_missing"), |rate| numbers.share_printed(rate));
        let uplift = Printed::full(numbers.points(uplift)).sorted_by(uplift);
        vec![Cell::text(&row.channel), Cell::text(row.metric.as_str()), Cell::number(rate), Cell::number(uplift)]
    };
    let rows = measured.take(MOST_ROWS).map(row).collect();
    Some(Answer { columns: vec!["channel", "metric", "rate", "uplift"], rows })
}
