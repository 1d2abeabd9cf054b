//! Level `fit`: the laws of partials, and models as bytes.

mod alike;
mod laws;
mod model;
mod plan;

pub(crate) use alike::models_differ;
use segmenta_plugin_host::{Error, Instance};

use super::{defect, is_refusal};
use crate::report::{Difference, Sink};
use crate::subject::Subject;

pub(crate) fn check(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    if subject.info.fit.is_none() {
        return sink.skip("fit", "the criterion is not fitted");
    }
    let instance = match subject.bind() {
        Ok(instance) => instance,
        Err(error) => return sink.fail("usable", defect("binding", &error)),
    };
    laws::check(subject, &instance, sink);
    edges(subject, &instance, sink);
    model::check(subject, sink);
}

/// Leaves without rows, with one row, with nulls alone.
fn edges(subject: &Subject<'_>, instance: &Instance, sink: &mut Sink<'_>) {
    let seed = subject.options.seed;
    let nulls = subject.made_up(
        &subject.columns,
        &(0..50).collect::<Vec<_>>(),
        crate::generate::Nulls::All,
        crate::generate::Values::Ordinary,
    );
    let cases = [
        ("no-leaves", Vec::new()),
        ("no-rows", vec![subject.range(0); 3]),
        ("one-row", vec![subject.range(1)]),
        ("only-nulls", vec![nulls]),
    ];
    for (rule, leaves) in cases {
        match fit_and_load(instance, &leaves, seed) {
            Ok(()) => sink.pass(rule),
            Err(error) if is_refusal(&error) => sink.measured(rule, format!("refused: {error}")),
            Err(error) => sink.fail(rule, defect(&rule.replace('-', " "), &error)),
        }
    }
    match instance.fit(&subject.leaves(4, 250), seed) {
        Ok(fitted) => sink.measured("passes", format!("{}", fitted.passes)),
        Err(error) => sink.fail(
            "passes",
            Difference::error(
                "the fit ends within `MAX_PASSES` passes",
                &error,
                "answer `Step::Done` in the last pass, or raise `MAX_PASSES`",
            ),
        ),
    }
}

fn fit_and_load(instance: &Instance, leaves: &[arrow_array::RecordBatch], seed: u64) -> Result<(), Error> {
    let fitted = instance.fit(leaves, seed)?;
    instance.load_model(&fitted.bytes).map(drop)
}
