//! Text that is compared with a label is a label.

use indexmap::IndexMap;

use super::columns::{Found, known_column};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::Problems;
use crate::model::{Name, Node};
use crate::scope::{Columns, KnownColumn, LabelUse, Profile};
use crate::suggest::similar;

/// Reports comparisons that can never hold, where all values of the column are known.
pub(crate) fn labels(
    relations: &IndexMap<Name, Columns>,
    profile: &Profile,
    uses: &[LabelUse],
    problems: &mut Problems,
) {
    for comparison in uses {
        let Found::Column(column) = known_column(relations, profile, &comparison.scope, &comparison.column) else {
            continue;
        };
        if let Some(labels) = column.labels.as_ref().filter(|labels| !labels.contains(&comparison.label)) {
            problems.push(unknown_label(comparison, column, labels));
        }
    }
}

fn unknown_label(comparison: &LabelUse, column: &KnownColumn, labels: &[String]) -> Diagnostic {
    let LabelUse { column: name, label, .. } = comparison;
    let (message, origin) = match &column.producer {
        Some(Node::Criterion(_)) => {
            (format!("criterion `{name}` never produces the label '{label}'"), "the labels come from here")
        }
        Some(Node::Scheme(_)) => {
            (format!("scheme `{name}` never produces the segment '{label}'"), "the segments come from here")
        }
        _ => (format!("column `{name}` never has the value '{label}'"), "its values are listed here"),
    };
    let text = match similar(label, labels.iter().map(String::as_str)) {
        Some(similar) => format!("did you mean '{similar}'?"),
        None => "this can never hold".to_owned(),
    };
    let shown: Vec<_> = labels.iter().take(12).map(|label| format!("'{label}'")).collect();
    let more = if labels.len() > shown.len() { ", …" } else { "" };
    Diagnostic::error(Code::UnknownLabel, message)
        .at(&comparison.span, text)
        .see(&column.span, origin)
        .hint(format!("it can be {}{more}", shown.join(", ")))
}
