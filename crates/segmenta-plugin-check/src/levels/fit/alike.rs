//! Whether two models are as alike as the criterion promises.

use segmenta_plugin_host::{Instance, Repeat};

use crate::batches::difference;
use crate::subject::Subject;

/// Rows that two models are compared by where their bytes may differ.
const ROWS: u64 = 200;

/// What differs, for a person. Models that may differ a little are compared by the rows they give.
pub(crate) fn models_differ(subject: &Subject<'_>, instance: &Instance, plain: &[u8], other: &[u8]) -> Option<String> {
    let repeat = instance.info().fit.as_ref().map_or(Repeat::Bitwise, |fit| fit.repeat);
    if plain == other || repeat == Repeat::Never {
        return None;
    }
    if repeat == Repeat::Bitwise {
        return Some(bytes_difference(instance, plain, other));
    }
    let rows = subject.range(ROWS);
    let apply = |bytes: &[u8]| instance.load_model(bytes).and_then(|model| instance.apply(Some(&model), &rows));
    match apply(plain).and_then(|plain| Ok((plain, apply(other)?))) {
        Ok((plain, other)) => difference(&plain, &other, subject.repeat_of_fits()),
        Err(error) => Some(format!("{}: {error}", error.code())),
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
