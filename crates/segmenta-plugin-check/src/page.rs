//! `docs`: a page about each criterion of a library, made from what it says about itself.

use std::fmt::Write;

use segmenta_plugin_host::{CriterionInfo, InputInfo, Merge, RowScope};
use serde_json::Value;

use crate::levels::load;
use crate::options::{Options, Target};
use crate::render::markdown::escaped;
use crate::subject::Subject;
use crate::{Report, Result, params};

/// A Markdown page about a library. Columns that are written, and the options of the example, come from
/// binding the criterion to the fixtures of `options`; `report` adds what was checked.
///
/// # Errors
/// [`crate::Error::Plugin`] if the library cannot be loaded.
pub fn page(target: &Target, options: &Options, report: Option<&Report>) -> Result<String> {
    let registry = load::open(target)?;
    let mut page = String::new();
    for info in registry.criteria() {
        let subject = Subject::find(&registry, info, options).ok();
        criterion(&mut page, info, subject.as_ref());
    }
    if let Some(report) = report {
        let _ = write!(page, "## What was checked\n\n{}", report.markdown());
    }
    Ok(page.trim_end().to_owned() + "\n")
}

fn criterion(page: &mut String, info: &CriterionInfo, subject: Option<&Subject<'_>>) {
    let _ = writeln!(page, "# {}\n\n{}\n", info.name, ended(&info.summary));
    let _ = writeln!(page, "{}\n", nature(info));
    page.push_str("## Columns it reads\n\n| Input | Type | Nulls | Meaning |\n|---|---|---|---|\n");
    info.inputs.iter().for_each(|input| input_row(page, info, input));
    page.push_str("\n## Options\n\n");
    options(page, info);
    if let Some(instance) = subject.and_then(|subject| subject.bind().ok()) {
        page.push_str("\n## Columns it writes\n\n| Column | Type | Nulls |\n|---|---|---|\n");
        for field in instance.output_schema().fields() {
            let nulls = if field.is_nullable() { "may be" } else { "never" };
            let _ =
                writeln!(page, "| `{}` | {} | {nulls} |", field.name(), field.data_type().to_string().to_lowercase());
        }
        if let Some(labels) = instance.labels() {
            let labels: Vec<String> = labels.iter().map(|label| format!("`{label}`")).collect();
            let _ = writeln!(page, "\nWith these options its labels are {}.", escaped(&labels.join(", ")));
        }
    }
    let params = subject.map_or_else(|| params::minimal(&info.params), |subject| subject.params.clone());
    let _ = writeln!(page, "\n## In a pipeline\n\n```toml\n{}```\n", example(info, &params));
}

/// What rows and fits of it are like.
fn nature(info: &CriterionInfo) -> String {
    let mut sentences = Vec::new();
    if info.grouped {
        sentences.push("It reads lists: all rows of an entity at once.".to_owned());
    }
    sentences.push(match info.rows {
        RowScope::Independent => "A row's result depends on that row alone.".to_owned(),
        RowScope::Batch => "A row's result depends on the rows around it.".to_owned(),
    });
    if let Some(fit) = &info.fit {
        let passes =
            if fit.max_passes == 1 { "one pass".to_owned() } else { format!("at most {} passes", fit.max_passes) };
        let order = match fit.merge {
            Merge::Exact => "the model does not depend on how rows are split",
            Merge::Ordered => "the model depends on the order of the parts",
        };
        sentences.push(format!("It is fitted in {passes} over the rows; {order}."));
    }
    if info.explain {
        sentences.push("It says why each row got its result.".to_owned());
    }
    sentences.join(" ")
}

fn input_row(page: &mut String, info: &CriterionInfo, input: &InputInfo) {
    let types: Vec<&str> = input.types.iter().map(|kind| kind.name()).collect();
    let list = if input.many { ", a list of columns" } else { "" };
    let optional = if input.optional { ", may be left out" } else { "" };
    let nulls = if input.nullable { "taken" } else { "refused" };
    let of = if info.grouped { "lists of " } else { "" };
    let _ = writeln!(
        page,
        "| `{}`{list}{optional} | {of}{} | {nulls} | {} |",
        input.name,
        types.join(", "),
        escaped(&input.description)
    );
}

fn options(page: &mut String, info: &CriterionInfo) {
    let properties = params::properties(&info.params);
    if properties.is_empty() {
        return page.push_str("It has none.\n");
    }
    page.push_str("| Option | Type | Default | Meaning |\n|---|---|---|---|\n");
    for (name, _) in properties {
        let schema = &info.params["properties"][name];
        let resolved = params::properties(&info.params).into_iter().find(|(other, _)| *other == name);
        let resolved = resolved.map_or(schema, |(_, resolved)| resolved);
        let default = match schema.get("default") {
            Some(Value::Null) | None if params::is_required(&info.params, name) => "required".to_owned(),
            Some(Value::Null) | None => "none".to_owned(),
            Some(default) => format!("`{}`", inline(default)),
        };
        let meaning = schema.get("description").or_else(|| resolved.get("description"));
        let meaning = meaning.and_then(Value::as_str).unwrap_or_default();
        let _ = writeln!(
            page,
            "| `{name}` | {} | {} | {} |",
            kind(&info.params, resolved),
            escaped(&default),
            escaped(meaning)
        );
    }
}

/// The type of an option with its bounds or choices.
fn kind(root: &Value, schema: &Value) -> String {
    // The other choice of an option that may be left out is null.
    let choice = schema.get("anyOf").and_then(Value::as_array).and_then(|choices| choices.first());
    let schema = choice.map_or(schema, |choice| params::resolved(root, choice));
    let choices = |key: &str| schema.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let constants = choices("oneOf").into_iter().filter_map(|choice| choice.get("const").cloned());
    let named: Vec<Value> = choices("enum").into_iter().chain(constants).collect();
    if !named.is_empty() {
        return named.iter().map(|choice| format!("`{}`", inline(choice))).collect::<Vec<_>>().join(", ");
    }
    let name = match params::kind(schema) {
        "" => "any",
        name => name,
    };
    let bound = |key: &str| schema.get(key).filter(|bound| !bound.is_null());
    match (bound("minimum"), bound("maximum")) {
        (Some(least), Some(most)) => format!("{name}, {least} to {most}"),
        (Some(least), None) => format!("{name}, at least {least}"),
        (None, Some(most)) => format!("{name}, at most {most}"),
        (None, None) => name.to_owned(),
    }
}

fn example(info: &CriterionInfo, params: &Value) -> String {
    let mut toml = format!("[criteria.{}]\n", info.name);
    let inputs = info.inputs.iter().filter(|input| !input.optional).map(|input| match input.many {
        true => format!("{} = [\"first_column\", \"second_column\"]", input.name),
        false => format!("{} = \"column\"", input.name),
    });
    let inputs: Vec<String> = inputs.collect();
    if !inputs.is_empty() {
        let _ = writeln!(toml, "inputs = {{ {} }}", inputs.join(", "));
    }
    for (name, value) in params.as_object().into_iter().flatten() {
        let _ = writeln!(toml, "{name} = {}", inline(value));
    }
    toml
}

/// A JSON value as TOML writes it on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, value)| format!("{name} = {}", inline(value)));
            format!("{{ {} }}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// A summary with its full stop.
fn ended(summary: &str) -> String {
    if summary.ends_with('.') { summary.to_owned() } else { format!("{summary}.") }
}
