//! `plugins diff`: what changed from one stored model to another.

use std::path::{Path, PathBuf};

use clap::Args;
use segmenta_plugin_check::{Change, differences};
use segmenta_plugin_host::envelope::{self, Header};
use serde_json::{Value, json};

use crate::error::{Error, Result};
use crate::program::Program;
use crate::table::Table;

/// Show what changed from one stored model to another; no plugin is loaded
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// `models/….model` of a run
    before: PathBuf,
    /// `models/….model` of a later run
    after: PathBuf,
    /// A list of objects
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Diff, program: &mut Program<'_>) -> Result<()> {
    let (before, after) = (read(program, &arguments.before)?, read(program, &arguments.after)?);
    let mut changes = differences(&facts(&before), &facts(&after));
    changes.extend(differences(&before.description, &after.description));
    if arguments.json {
        let object = |change: &Change| json!({"at": change.pointer, "before": change.before, "after": change.after});
        return program.print_json(&changes.iter().map(object).collect::<Vec<_>>());
    }
    if changes.is_empty() {
        return program.print("the models are equal\n");
    }
    let mut table = Table::new(&["at", "before", "after"]);
    let text = |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
    for change in &changes {
        table.row(vec![change.pointer.clone(), text(&change.before), text(&change.after)]);
    }
    program.print(&table.to_string())
}

fn read(program: &Program<'_>, given: &Path) -> Result<Header> {
    let bytes = std::fs::read(program.path(given));
    let bytes = bytes.map_err(|source| Error::Io { operation: "read", path: given.to_owned(), source })?;
    Ok(envelope::unwrap(&bytes)?.0)
}

/// What a model was made by and from, without what differs from run to run by nature.
fn facts(header: &Header) -> Value {
    let columns: Vec<String> =
        header.inputs.iter().map(|input| format!("{} = {} ({})", input.name, input.column, input.data_type)).collect();
    json!({
        "plugin": header.plugin,
        "plugin version": header.plugin_version,
        "criterion": header.criterion,
        "model format": header.model_format,
        "options": header.params_hash,
        "columns": columns,
        "rows": header.rows,
    })
}
