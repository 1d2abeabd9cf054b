//! Plans that must end with the same bytes.

use arrow_array::RecordBatch;
use segmenta_plugin_host::{Error, Instance, Merge};

use super::plan::{Plan, fit};
use crate::levels::defect;
use crate::options::Effort;
use crate::report::{Difference, Sink};
use crate::subject::Subject;

/// Leaves of a law, each with [`ROWS`] rows.
const LEAVES: u64 = 16;
const ROWS: u64 = 60;

/// A plan, what it shows, and what to do if it ends otherwise.
struct Law {
    rule: &'static str,
    plan: Plan,
    expected: &'static str,
    next: &'static str,
}

pub(super) fn check(subject: &Subject<'_>, instance: &Instance, sink: &mut Sink<'_>) {
    let seed = subject.options.seed;
    let leaves = subject.leaves(LEAVES, ROWS);
    let plain = match fit(instance, &leaves, seed, &Plan::InOrder) {
        Ok(plain) => plain,
        Err(error) => return sink.fail("usable", defect("a fit of ordinary rows", &error)),
    };
    let two_runs = Law {
        rule: "two-runs",
        plan: Plan::InOrder,
        expected: "two fits of the same rows give the same bytes",
        next: "keep maps in an order of their own (`BTreeMap`), read no clock and no random numbers",
    };
    let repeats = holds(&two_runs, instance, &leaves, seed, &plain);
    let repeatable = repeats.is_none();
    sink.verdict(two_runs.rule, repeats);
    if !repeatable {
        return sink.skip("laws", "a fit whose bytes change by themselves cannot be compared");
    }
    sink.verdict("run-as-planned", run_as_planned(instance, &leaves, seed, &plain));
    for law in laws(instance) {
        sink.verdict(law.rule, holds(&law, instance, &leaves, seed, &plain));
    }
    sink.verdict("saved-twice", saved_twice(instance, &leaves, seed));
    sink.verdict("interrupted", interrupted(instance, &leaves, seed, &plain));
    sink.verdict("many-leaves", many_leaves(subject, instance));
}

/// The laws that hold for the kind of merge that the criterion declares.
fn laws(instance: &Instance) -> Vec<Law> {
    let mut laws = vec![
        Law {
            rule: "empty-partials",
            plan: Plan::Empties,
            expected: "merging partials that saw no rows changes nothing",
            next: "let `begin` make a partial that adds nothing, and count rows, not partials",
        },
        Law {
            rule: "merge-into-fresh",
            plan: Plan::IntoFirst,
            expected: "merging into a fresh partial is the same as merging into the first",
            next: "keep the configuration in `self`, not in the partial, or take it over in `merge`",
        },
        Law {
            rule: "saved-again",
            plan: Plan::SavedAgain,
            expected: "a partial that went through a fresh one and its bytes is the same",
            next: "save and merge every field of the partial",
        },
    ];
    let exact = instance.info().fit.as_ref().is_some_and(|fit| fit.merge == Merge::Exact);
    if exact {
        let order =
            "declare `Merge::Ordered`, or make `merge` independent of order: sort in `finish`, add floats exactly";
        let backwards = Plan::Order((0..LEAVES as usize).rev().collect());
        let shuffled = Plan::Order((0..LEAVES as usize).map(|at| at * 7 % LEAVES as usize).collect());
        let expected = "partials merged in another order give the same bytes";
        laws.extend([
            Law { rule: "merge-order", plan: backwards, expected, next: order },
            Law { rule: "merge-shuffled", plan: shuffled, expected, next: order },
            Law {
                rule: "merge-groups",
                plan: Plan::Groups,
                expected: "partials merged in groups first give the same bytes",
                next: order,
            },
            Law {
                rule: "update-batches",
                plan: Plan::Batches,
                expected: "a leaf that arrives in batches gives the same bytes",
                next: "add rows one by one in `update`, without a result per batch",
            },
        ]);
    }
    laws
}

fn holds(law: &Law, instance: &Instance, leaves: &[RecordBatch], seed: u64, plain: &[u8]) -> Option<Difference> {
    match fit(instance, leaves, seed, &law.plan) {
        Ok(bytes) if bytes == plain => None,
        Ok(bytes) => Some(Difference::new(law.expected, bytes_difference(instance, plain, &bytes), law.next)),
        Err(error) => Some(Difference::error(law.expected, &error, law.next)),
    }
}

/// What the host's own fit makes of the same leaves.
fn run_as_planned(instance: &Instance, leaves: &[RecordBatch], seed: u64, plain: &[u8]) -> Option<Difference> {
    let expected = "a run gives the same bytes as the steps one by one";
    match instance.fit(leaves, seed) {
        Ok(fitted) if fitted.bytes == plain => None,
        Ok(fitted) => Some(Difference::new(
            expected,
            bytes_difference(instance, plain, &fitted.bytes),
            "let the model depend on rows and leaves, not on threads",
        )),
        Err(error) => Some(Difference::error(expected, &error, "look at what differs between leaves in parallel")),
    }
}

/// The place of the first difference, and both models for a person if they can be read.
fn bytes_difference(instance: &Instance, plain: &[u8], other: &[u8]) -> String {
    let first = plain.iter().zip(other).position(|(left, right)| left != right);
    let at = first.unwrap_or_else(|| plain.len().min(other.len()));
    let described = |bytes: &[u8]| instance.load_model(bytes).and_then(|model| model.describe()).ok();
    let shown = match (described(plain), described(other)) {
        (Some(left), Some(right)) if left != right => format!(": {} instead of {}", short(&right), short(&left)),
        _ => String::new(),
    };
    format!("models of {} and {} bytes differ from byte {at}{shown}", plain.len(), other.len())
}

fn short(value: &serde_json::Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(200) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text,
    }
}

/// `fit_save` changes nothing.
fn saved_twice(instance: &Instance, leaves: &[RecordBatch], seed: u64) -> Option<Difference> {
    let expected = "saving a partial twice gives the same bytes";
    let next = "let saving change nothing, and keep maps in an order of their own";
    let save = || -> Result<_, Error> {
        let mut partial = instance.partial(seed, Some(0), 0, &[])?;
        for leaf in leaves {
            partial.update(leaf)?;
        }
        Ok((partial.save()?, partial.save()?))
    };
    match save() {
        Ok((first, second)) if first == second => None,
        Ok((first, second)) => {
            Some(Difference::new(expected, format!("{} and {} bytes", first.len(), second.len()), next))
        }
        Err(error) => Some(Difference::error(expected, &error, next)),
    }
}

/// Partials that are given up, one with rows and one merged into, leave nothing behind.
fn interrupted(instance: &Instance, leaves: &[RecordBatch], seed: u64, plain: &[u8]) -> Option<Difference> {
    let expected = "a fit after one that was given up gives the same bytes";
    let next = "keep what was seen in the partial, not in statics or in `self`";
    let attempt = || -> Result<_, Error> {
        let mut given_up = instance.partial(seed, Some(0), 0, &[])?;
        given_up.update(&leaves[0])?;
        let saved = given_up.save()?;
        instance.partial(seed, None, 0, &[])?.merge(&saved)?;
        drop(given_up);
        fit(instance, leaves, seed, &Plan::InOrder)
    };
    match attempt() {
        Ok(bytes) if bytes == plain => None,
        Ok(bytes) => Some(Difference::new(expected, bytes_difference(instance, plain, &bytes), next)),
        Err(error) => Some(Difference::error(expected, &error, next)),
    }
}

/// 1,000 leaves against one, to the byte if the merge is exact.
fn many_leaves(subject: &Subject<'_>, instance: &Instance) -> Option<Difference> {
    let count = if subject.options.effort == Effort::Full { 1_000 } else { 200 };
    let exact = instance.info().fit.as_ref().is_some_and(|fit| fit.merge == Merge::Exact);
    let seed = subject.options.seed;
    let expected = format!("{count} leaves of two rows and one leaf of all give the same model");
    let next = "let the model depend on rows, not on how they are cut into leaves, or declare `Merge::Ordered`";
    match (instance.fit(&subject.leaves(count, 2), seed), instance.fit(&subject.leaves(1, count * 2), seed)) {
        (Ok(many), Ok(one)) if !exact || many.bytes == one.bytes => None,
        (Ok(many), Ok(one)) => {
            Some(Difference::new(expected, bytes_difference(instance, &one.bytes, &many.bytes), next))
        }
        (Err(error), _) | (_, Err(error)) => Some(Difference::error(expected, &error, next)),
    }
}
