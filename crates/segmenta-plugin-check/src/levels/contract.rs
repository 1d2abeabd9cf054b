//! Level `contract`: options, columns and outputs keep to what `describe` says.

use std::sync::Arc;

use arrow_array::RecordBatch;
use segmenta_plugin_host::{Error, Instance, Repeat};
use serde_json::{Value, json};

use super::{defect, is_refusal};
use crate::batches::difference;
use crate::generate::{Nulls, Values};
use crate::params;
use crate::report::{Difference, Sink};
use crate::subject::{Column, Subject};

const ROWS: u64 = 100;
/// Longer texts and lists are not made up.
const MAX_LENGTH: usize = 10_000;

pub(crate) fn check(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    sink.verdict("outputs", outputs(subject));
    sink.verdict("input-unchanged", input_unchanged(subject));
    options(subject, sink);
    sink.verdict("every-type", every_type(subject));
    columns(subject, sink);
    if subject.info.explain {
        sink.verdict("explain", explained(subject));
    }
}

/// A criterion that explains itself says something about every row, and about none.
fn explained(subject: &Subject<'_>) -> Option<Difference> {
    for rows in [subject.range(ROWS), subject.range(0)] {
        let explained = subject.ready().and_then(|ready| ready.instance.explain(ready.model.as_deref(), &rows));
        match explained {
            Ok(reasons) if reasons.len() == rows.num_rows() => {}
            Ok(reasons) => {
                let expected = format!("{} reasons", rows.num_rows());
                return Some(Difference::new(expected, reasons.len().to_string(), "explain every row"));
            }
            Err(error) => return Some(defect("explain", &error)),
        }
    }
    None
}

/// Binding twice announces the same columns, the label first, and rows come back as announced.
fn outputs(subject: &Subject<'_>) -> Option<Difference> {
    let expected = "the same columns each time the criterion is bound, and rows of these columns";
    let attempt = || -> Result<_, Error> {
        let (first, second) = (subject.bind()?, subject.bind()?);
        let written = subject.ready()?.apply(&subject.range(ROWS))?;
        Ok((Arc::clone(first.output_schema()), Arc::clone(second.output_schema()), written.schema()))
    };
    match attempt() {
        Err(error) => Some(defect("binding", &error)),
        Ok((first, second, written)) if first == second && first == written => None,
        Ok((first, second, _)) => Some(Difference::new(
            expected,
            format!("{first:?} and {second:?}"),
            "make the outputs depend on options and columns only",
        )),
    }
}

/// The rows that a criterion reads belong to the run, which reads them again.
fn input_unchanged(subject: &Subject<'_>) -> Option<Difference> {
    let (rows, other) = (subject.range(ROWS), subject.range(ROWS));
    match subject.ready().and_then(|ready| ready.apply(&rows)) {
        Err(error) => Some(defect("ordinary rows", &error)),
        Ok(_) => difference(&other, &rows, Repeat::Bitwise).map(|came| {
            let expected = "rows that were read are what they were before";
            Difference::new(expected, came, "copy what is to be changed: buffers of a batch are read-only")
        }),
    }
}

/// Wrong options are refused before the plugin is called; right ones are taken.
fn options(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let given = |params: &Value| subject.registry.check_params(&subject.info.name, params);
    let mut unknown = subject.params.clone();
    unknown["no such option"] = json!(1);
    if given(&unknown).is_ok() {
        sink.warn(
            "unknown-option",
            Difference::new(
                "an option that is not known is refused",
                "it is taken and has no effect",
                "add `#[serde(deny_unknown_fields)]`, or `additionalProperties: false` to the schema",
            ),
        );
    } else {
        sink.pass("unknown-option");
    }
    let schema = &subject.info.params;
    for (name, property) in params::properties(schema) {
        for (what, wrong) in wrong_values(property) {
            let mut params = subject.params.clone();
            params[name] = wrong.clone();
            sink.verdict(&format!("option {name}: {what}"), taken(name, &wrong, given(&params)));
        }
        if params::is_required(schema, name) {
            let mut params = subject.params.clone();
            params.as_object_mut().map(|members| members.shift_remove(name));
            sink.verdict(&format!("option {name}: missing"), taken(name, &Value::Null, given(&params)));
        }
        sink.verdict(&format!("option {name}: bounds"), bounds(subject, name, property));
    }
}

fn taken(name: &str, wrong: &Value, answer: Result<(), Error>) -> Option<Difference> {
    match answer {
        Err(Error::Params { .. }) => None,
        Err(error) => Some(Difference::error("the option is refused", &error, "correct the schema of the options")),
        Ok(()) => Some(Difference::new(
            format!("`{name}` = {wrong} is refused"),
            "it is taken",
            format!("give `{name}` a type and its bounds in the schema of the options"),
        )),
    }
}

/// Values that the schema of an option rules out.
fn wrong_values(schema: &Value) -> Vec<(&'static str, Value)> {
    let mut wrong = Vec::new();
    match params::kind(schema) {
        "string" => wrong.push(("wrong type", json!(7))),
        "" => {}
        _ => wrong.push(("wrong type", json!("no such value"))),
    }
    let beyond = |key: &str, step: f64| schema.get(key).and_then(Value::as_f64).map(|bound| bound + step);
    let number = |value: f64| if value.fract() == 0.0 { json!(value as i64) } else { json!(value) };
    let numbers = [
        ("minimum", -1.0, "below"),
        ("maximum", 1.0, "above"),
        ("exclusiveMinimum", 0.0, "at the bound below"),
        ("exclusiveMaximum", 0.0, "at the bound above"),
    ];
    wrong.extend(numbers.into_iter().filter_map(|(key, step, what)| Some((what, number(beyond(key, step)?)))));
    if params::kind(schema) == "integer" {
        wrong.push(("no integer", json!(beyond("minimum", 0.5).unwrap_or(1.5))));
    }
    wrong.extend(wrong_lengths(schema));
    if schema.get("enum").is_some() {
        wrong.push(("unknown value", json!("no such value")));
    }
    wrong
}

/// Texts and lists that are too short or too long.
fn wrong_lengths(schema: &Value) -> Vec<(&'static str, Value)> {
    let bound = |key: &str| schema.get(key).and_then(Value::as_u64).and_then(|bound| usize::try_from(bound).ok());
    let item = params::minimal(schema.get("items").unwrap_or(&Value::Null));
    let text = |length: usize| json!("a".repeat(length));
    let list = |length: usize| Value::Array(vec![item.clone(); length]);
    let shorter = |key: &str| bound(key)?.checked_sub(1);
    let longer = |key: &str| bound(key).filter(|most| *most < MAX_LENGTH).map(|most| most + 1);
    let wrong = [
        ("too short", shorter("minLength").map(text)),
        ("too long", longer("maxLength").map(text)),
        ("too few", shorter("minItems").map(list)),
        ("too many", longer("maxItems").map(list)),
    ];
    wrong.into_iter().filter_map(|(what, value)| Some((what, value?))).collect()
}

/// At its bounds, an option is taken or refused, and nothing worse.
fn bounds(subject: &Subject<'_>, name: &str, schema: &Value) -> Option<Difference> {
    for key in ["minimum", "maximum", "default"] {
        let Some(bound) = schema.get(key).filter(|bound| !bound.is_null()) else {
            continue;
        };
        let mut params = subject.params.clone();
        params[name] = whole(schema, bound);
        let bound = subject.registry.bind(&subject.info.name, &params, subject.options.as_of_us, &subject.schema());
        if let Some(error) = bound.err().filter(|error| !is_refusal(error)) {
            return Some(defect(&format!("`{name}` = {}", params[name]), &error));
        }
    }
    None
}

/// `2.0` as `2` where an integer is wanted.
fn whole(schema: &Value, bound: &Value) -> Value {
    match bound.as_f64() {
        Some(real) if params::kind(schema) == "integer" && bound.as_i64().is_none() => json!(real as i64),
        _ => bound.clone(),
    }
}

/// Each type that an input lists can be bound, and gives rows.
fn every_type(subject: &Subject<'_>) -> Option<Difference> {
    for at in 0..subject.columns.len() {
        for kind in &subject.input(&subject.columns[at]).types {
            let mut columns: Vec<Column> = subject.columns.clone();
            columns[at].kind = *kind;
            let rows = subject.made_up(&columns, &(0..ROWS).collect::<Vec<_>>(), Nulls::None, Values::Ordinary);
            if let Some(error) = run(subject, &rows).err().filter(|error| !is_refusal(error)) {
                let what = format!("`{}` as {}", columns[at].name, kind.name());
                return Some(defect(&what, &error));
            }
        }
    }
    None
}

fn run(subject: &Subject<'_>, rows: &RecordBatch) -> Result<RecordBatch, Error> {
    let instance = bind(subject, rows)?;
    let model = match &subject.info.fit {
        Some(_) => {
            let fitted = instance.fit(std::slice::from_ref(rows), subject.options.seed)?;
            Some(instance.load_model(&fitted.bytes)?)
        }
        None => None,
    };
    instance.apply(model.as_deref(), rows)
}

fn bind(subject: &Subject<'_>, rows: &RecordBatch) -> Result<Arc<Instance>, Error> {
    let options = subject.options;
    subject.registry.bind(&subject.info.name, &subject.params, options.as_of_us, &rows.schema())
}

/// Columns that are missing, in another order, or more than are read.
fn columns(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let rows = subject.range(ROWS);
    let plain = run(subject, &rows);
    let mut order: Vec<usize> = (0..rows.num_columns()).rev().collect();
    // Another column of the same rows, under a name that no input has.
    let extra = rows.project(&order).ok().zip(rows.columns().first().cloned());
    let widened = extra.and_then(|(reversed, column)| {
        let names = reversed.schema().fields().iter().map(|field| field.name().clone()).collect::<Vec<_>>();
        let named = names.into_iter().zip(reversed.columns().to_vec());
        RecordBatch::try_from_iter(named.chain([("no input".to_owned(), column)])).ok()
    });
    order.truncate(rows.num_columns().saturating_sub(1));
    match (plain, widened) {
        (Ok(plain), Some(widened)) => {
            let moved = run(subject, &widened);
            sink.verdict(
                "columns-in-any-order",
                same(subject, "columns in another order, and one more", &plain, moved),
            );
        }
        (Err(error), _) => sink.fail("columns-in-any-order", defect("rows", &error)),
        (_, None) => sink.skip("columns-in-any-order", "the criterion reads no column"),
    }
    for (at, column) in subject.columns.iter().enumerate().filter(|(_, column)| !subject.input(column).optional) {
        let rest: Vec<usize> = (0..rows.num_columns()).filter(|place| *place != at).collect();
        let without = rows.project(&rest).map(|rows| bind(subject, &rows).err().map(|error| error.code()));
        let refused = matches!(without, Ok(Some("input" | "schema" | "params")));
        let many = subject.input(column).many;
        let difference = (!refused && !many).then(|| {
            Difference::new(
                format!("a missing `{}` is refused", column.name),
                format!("{without:?}"),
                "say `optional` of an input that may be missing",
            )
        });
        sink.verdict(&format!("missing column {}", column.name), difference);
    }
}

fn same(
    subject: &Subject<'_>,
    what: &str,
    plain: &RecordBatch,
    other: Result<RecordBatch, Error>,
) -> Option<Difference> {
    match other {
        Err(error) => Some(defect(what, &error)),
        Ok(other) => subject
            .difference_of_fits(plain, &other)
            .map(|came| Difference::new(format!("{what}: the same result"), came, "find columns by their names")),
    }
}
