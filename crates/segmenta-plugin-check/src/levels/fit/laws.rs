//! Plans that must end with the same bytes.

use arrow_array::RecordBatch;
use segmenta_plugin_host::{Error, Instance, Merge, Repeat};

use super::models_differ;
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

/// The fit that every other one is compared with.
struct Laws<'a> {
    subject: &'a Subject<'a>,
    instance: &'a Instance,
    leaves: Vec<RecordBatch>,
    plain: Vec<u8>,
}

pub(super) fn check(subject: &Subject<'_>, instance: &Instance, sink: &mut Sink<'_>) {
    if instance.info().fit.as_ref().is_some_and(|fit| fit.repeat == Repeat::Never) {
        return sink.skip("laws", "the criterion says that its models are not the same twice");
    }
    let leaves = subject.leaves(LEAVES, ROWS);
    let plain = match fit(instance, &leaves, subject.options.seed, &Plan::InOrder) {
        Ok(plain) => plain,
        Err(error) => return sink.fail("usable", defect("a fit of ordinary rows", &error)),
    };
    let all = Laws { subject, instance, leaves, plain };
    let two_runs = Law {
        rule: "two-runs",
        plan: Plan::InOrder,
        expected: "two fits of the same rows give the same bytes",
        next: "keep maps in an order of their own (`BTreeMap`), read no clock and no random numbers",
    };
    let repeats = all.hold(&two_runs);
    let repeatable = repeats.is_none();
    sink.verdict(two_runs.rule, repeats);
    if !repeatable {
        return sink.skip("laws", "a fit whose bytes change by themselves cannot be compared");
    }
    sink.verdict("run-as-planned", all.run_as_planned());
    for law in laws(instance) {
        sink.verdict(law.rule, all.hold(&law));
    }
    sink.verdict("saved-twice", all.saved_twice());
    sink.verdict("interrupted", all.interrupted());
    sink.verdict("many-leaves", all.many_leaves());
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

impl Laws<'_> {
    /// What differs between the plain fit and the one that came.
    fn judged(&self, expected: &str, next: &str, came: Result<Vec<u8>, Error>) -> Option<Difference> {
        match came {
            Ok(bytes) => self.differ(&self.plain, &bytes).map(|came| Difference::new(expected, came, next)),
            Err(error) => Some(Difference::error(expected, &error, next)),
        }
    }

    fn differ(&self, plain: &[u8], other: &[u8]) -> Option<String> {
        models_differ(self.subject, self.instance, plain, other)
    }

    fn seed(&self) -> u64 {
        self.subject.options.seed
    }

    fn hold(&self, law: &Law) -> Option<Difference> {
        self.judged(law.expected, law.next, fit(self.instance, &self.leaves, self.seed(), &law.plan))
    }

    /// What the host's own fit makes of the same leaves.
    fn run_as_planned(&self) -> Option<Difference> {
        let expected = "a run gives the same bytes as the steps one by one";
        let next = "let the model depend on rows and leaves, not on threads or on what differs between them";
        let fitted = self.instance.fit(&self.leaves, self.seed());
        self.judged(expected, next, fitted.map(|fitted| fitted.bytes))
    }

    /// `fit_save` changes nothing.
    fn saved_twice(&self) -> Option<Difference> {
        let expected = "saving a partial twice gives the same bytes";
        let next = "let saving change nothing, and keep maps in an order of their own";
        let save = || -> Result<_, Error> {
            let mut partial = self.instance.partial(self.seed(), Some(0), 0, &[])?;
            for leaf in &self.leaves {
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
    fn interrupted(&self) -> Option<Difference> {
        let expected = "a fit after one that was given up gives the same bytes";
        let next = "keep what was seen in the partial, not in statics or in `self`";
        let attempt = || -> Result<_, Error> {
            let mut given_up = self.instance.partial(self.seed(), Some(0), 0, &[])?;
            given_up.update(&self.leaves[0])?;
            let saved = given_up.save()?;
            self.instance.partial(self.seed(), None, 0, &[])?.merge(&saved)?;
            drop(given_up);
            fit(self.instance, &self.leaves, self.seed(), &Plan::InOrder)
        };
        self.judged(expected, next, attempt())
    }

    /// 1,000 leaves against one, to the byte if the merge is exact.
    fn many_leaves(&self) -> Option<Difference> {
        let count = if self.subject.options.effort == Effort::Full { 1_000 } else { 200 };
        let exact = self.instance.info().fit.as_ref().is_some_and(|fit| fit.merge == Merge::Exact);
        let expected = format!("{count} leaves of two rows and one leaf of all give the same model");
        let next = "let the model depend on rows, not on how they are cut into leaves, or declare `Merge::Ordered`";
        let fit = |leaves: u64, rows: u64| self.instance.fit(&self.subject.leaves(leaves, rows), self.seed());
        match fit(count, 2).and_then(|many| Ok((many, fit(1, count * 2)?))) {
            Ok(_) if !exact => None,
            Ok((many, one)) => self.differ(&one.bytes, &many.bytes).map(|came| Difference::new(expected, came, next)),
            Err(error) => Some(Difference::error(expected, &error, next)),
        }
    }
}
