//! The actions table, counted: what a manager wants to know of it.

use std::collections::{BTreeMap, BTreeSet};

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Float64Type;
use segmenta_pipeline::model::{Dataset, Strategy};
use segmenta_stats::ExactSum;

use super::{
    BEFORE_GUARDRAILS, CapacityFinding, ExceptionUse, Exceptions, TERMS, actions, capacity, check_terms, worklist,
};
use crate::Result;
use crate::context::Context;
use crate::labels::{self, Labels};
use crate::profile::Profile;
use crate::stage::schemes::counts;

/// What every entity gets, and the counts of it.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    /// One row per entity, in key order.
    pub(crate) actions: Vec<RecordBatch>,
    pub(crate) worklist: Option<RecordBatch>,
    pub(crate) capacity: Vec<CapacityFinding>,
    pub(crate) exceptions: ExceptionUse,
    /// Entities per chosen channel; `none` where no channel is consented.
    pub(crate) channels: BTreeMap<String, u64>,
    /// Entities that agreed to each channel with a consent column.
    pub(crate) consented: BTreeMap<String, u64>,
    /// Entities for which a rule decided at least one term.
    pub(crate) rules: BTreeMap<String, u64>,
    pub(crate) discounts_capped: u64,
    pub(crate) payment_terms_capped: u64,
    /// (discount before − after) × revenue over the capped, in units of the currency.
    pub(crate) discount_saved: f64,
}

/// Decides the terms of every entity and counts what was decided.
pub(crate) async fn serve(context: &Context<'_>, strategy: &Strategy, profile: &Profile) -> Result<Served> {
    check_terms(strategy, &counts(profile, &strategy.scheme)?)?;
    let key = &context.pipeline.entity.key;
    let exceptions = match &strategy.exceptions {
        Some(file) => Exceptions::read(&file.path, key, context.as_of)?,
        None => Exceptions::default(),
    };
    let actions = actions(context, strategy, &exceptions, profile).await?;
    let listed = context.pipeline.outputs.write.contains(&Dataset::Worklist);
    let list = strategy.worklist.as_ref().filter(|_| listed);
    let worklist = list.map(|list| worklist(list, key, profile, &actions)).transpose()?;
    let services = tally(&actions, "service");
    Ok(Served {
        worklist,
        capacity: capacity(strategy, &services),
        exceptions: exceptions.used(profile, key)?,
        channels: tally(&actions, "channel"),
        consented: consented(strategy, profile)?,
        rules: rules(&actions),
        discounts_capped: decided_by(&actions, "discount", "guardrail:min_margin_rate"),
        payment_terms_capped: decided_by(&actions, "payment_days", "guardrail:max_payment_days"),
        discount_saved: saved(profile, &actions)?,
        actions,
    })
}

const HAS_EVERY_TERM: &str = "the actions table has every term";

fn tally(actions: &[RecordBatch], column: &str) -> BTreeMap<String, u64> {
    let columns = actions.iter().map(|batch| batch.column_by_name(column).expect(HAS_EVERY_TERM));
    labels::count(columns).into_iter().filter_map(|(label, n)| Some((label?, n))).collect()
}

fn decided_by(actions: &[RecordBatch], term: &str, by: &str) -> u64 {
    tally(actions, &format!("{term}_decided_by")).get(by).copied().unwrap_or_default()
}

fn rules(actions: &[RecordBatch]) -> BTreeMap<String, u64> {
    let mut hits: BTreeMap<String, u64> = BTreeMap::new();
    for batch in actions {
        let decided_by = |term| batch.column_by_name(&format!("{term}_decided_by")).expect(HAS_EVERY_TERM);
        let sources: Vec<Labels<'_>> = TERMS.iter().map(|term| Labels::of(decided_by(term).as_string())).collect();
        let rules: Vec<Vec<Option<&str>>> = sources
            .iter()
            .map(|source| source.names.iter().map(|name| name.and_then(|name| name.strip_prefix("rule:"))).collect())
            .collect();
        if rules.iter().flatten().all(Option::is_none) {
            continue;
        }
        for row in 0..batch.num_rows() {
            let here = sources.iter().zip(&rules).filter_map(|(source, rules)| rules[source.codes[row] as usize]);
            here.collect::<BTreeSet<_>>().into_iter().for_each(|rule| *hits.entry(rule.to_owned()).or_default() += 1);
        }
    }
    hits
}

fn consented(strategy: &Strategy, profile: &Profile) -> Result<BTreeMap<String, u64>> {
    let mut agreed = BTreeMap::new();
    for (channel, column) in &strategy.consent {
        let chunks = profile.column(column)?;
        let count =
            |chunk: &&arrow::array::ArrayRef| chunk.as_boolean_opt().map_or(0, |chunk| chunk.true_count() as u64);
        agreed.insert(channel.clone(), chunks.iter().map(count).sum());
    }
    Ok(agreed)
}

fn saved(profile: &Profile, actions: &[RecordBatch]) -> Result<f64> {
    let mut saved = ExactSum::new();
    for (chunk, batch) in profile.chunks().iter().zip(actions) {
        let Some(revenue) = chunk.column_by_name("revenue") else {
            return Ok(0.0);
        };
        let revenue = revenue.as_primitive::<Float64Type>();
        let discount =
            |name| batch.column_by_name(name).expect("part of the actions table").as_primitive::<Float64Type>();
        let (before, after) = (discount(BEFORE_GUARDRAILS), discount("discount"));
        let rows = revenue.iter().zip(before).zip(after);
        let cut = rows.filter_map(|((revenue, before), after)| Some((before? - after?) * revenue?));
        saved.extend(cut.filter(|cut| *cut > 0.0));
    }
    Ok(saved.to_f64()?)
}
