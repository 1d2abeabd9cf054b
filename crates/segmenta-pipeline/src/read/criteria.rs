//! `[criteria.X]`: plugin calls.
//!
//! The host owns a few keys; every other one is the plugin's and is checked against its schema.

use indexmap::IndexMap;

use crate::catalog::{Bound, BoundInput, CriterionInfo, OutputInfo};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields};
use crate::model::{CalendarSpan, Criterion, Entity, InputColumns, Name, Node, OnStale, Refit, Span};
use crate::names::NameKind;
use crate::read::inputs;
use crate::read::options::Options;
use crate::read::reader::Reader;
use crate::scope::{KnownColumn, Scope};
use crate::suggest::{did_you_mean, similar};
use crate::tree::Kind;

const REFITS: [(&str, Refit); 5] = [
    ("always", Refit::Always),
    ("never", Refit::Never),
    ("monthly", Refit::Monthly),
    ("quarterly", Refit::Quarterly),
    ("yearly", Refit::Yearly),
];

const ON_STALE: [(&str, OnStale); 3] = [("fit", OnStale::Fit), ("warn", OnStale::Warn), ("fail", OnStale::Fail)];

/// The output that becomes the label column.
const LABEL: &str = "label";

/// A criterion, and what only the checks need to know of it.
pub(super) struct ReadCriterion {
    pub(super) criterion: Criterion,
    /// Whether an entity can be left without a label.
    pub(super) may_be_null: bool,
    /// Whether its plugin accepted it, so that unknown labels really are unknown.
    pub(super) bound: bool,
}

/// Where the inputs of a criterion come from.
pub(super) struct Call<'c> {
    pub(super) name: &'c Name,
    pub(super) plugin: String,
    pub(super) node: Node,
    pub(super) info: Option<CriterionInfo>,
    pub(super) from: Option<Name>,
    pub(super) scope: Scope,
    pub(super) span: Span,
}

impl Reader<'_> {
    /// The enabled criteria; the others are checked and left out.
    pub(super) fn criteria(&mut self, file: &mut Fields<'_>, entity: &Entity) -> IndexMap<Name, ReadCriterion> {
        let mut criteria = IndexMap::new();
        for (name, fields) in self.named(file, "criteria", "criterion") {
            let enabled = !self.names.disabled.contains_key(&name);
            let criterion = self.criterion(&name, fields, entity, enabled);
            if enabled {
                criteria.insert(name, criterion);
            }
        }
        criteria
    }

    fn criterion(&mut self, name: &Name, mut fields: Fields<'_>, entity: &Entity, enabled: bool) -> ReadCriterion {
        let errors = self.errors();
        let call = self.call(name, &mut fields, entity);
        let mut criterion = self.host_keys(&call, &mut fields);
        let options = Options::new(&fields, name, call.info.as_ref(), &mut self.problems);
        let first = self.errors() == errors;
        let bound = self.bind(&call, &criterion.inputs, &options, first);
        let outputs = self.outputs_of(&call, bound.as_ref());
        let is_bound = bound.is_some() && call.info.is_some() && options.certain;
        let labels = bound.and_then(|bound| bound.labels);
        criterion.labels = labels.filter(|_| options.certain).map(|mut labels| {
            let none = criterion.none.iter().filter(|none| !labels.contains(none));
            let none: Vec<_> = none.cloned().collect();
            labels.extend(none);
            labels
        });
        criterion.params = options.json;
        criterion.outputs = column_names(name, &outputs);
        if enabled {
            self.criterion_columns(&call, &outputs, criterion.labels.as_ref());
        }
        let nullable = outputs.first().is_none_or(|label| label.nullable);
        let selective = criterion.filter.is_some() || criterion.from.is_some();
        let may_be_null = criterion.none.is_none() && (nullable || selective);
        ReadCriterion { criterion, may_be_null, bound: is_bound }
    }

    /// What the host says about the call; options, labels and outputs are still open.
    fn host_keys(&mut self, call: &Call<'_>, fields: &mut Fields<'_>) -> Criterion {
        let inputs_field = fields.optional("inputs");
        let inputs = self.inputs(inputs_field, call);
        let filter = fields.optional("where");
        let filter = filter.map(|field| self.expression(field, &Scope::Profile, Some(&call.node)));
        let none = fields.optional("none");
        let none = none.and_then(|field| field.word(&mut self.problems));
        let refit = self.refit(fields, call.info.as_ref());
        let (max_age, on_stale) = self.stale(fields, call.info.as_ref());
        let description = self.free_text(fields, "description");
        self.unread_host_keys(fields);
        Criterion {
            plugin: call.plugin.clone(),
            inputs,
            from: call.from.clone(),
            filter,
            none: none.map(str::to_owned),
            description,
            refit,
            max_age,
            on_stale,
            params: serde_json::Value::Null,
            labels: None,
            outputs: Vec::new(),
            span: call.span.clone(),
        }
    }

    fn plugin(&mut self, plugin: &str, span: &Span) -> Option<CriterionInfo> {
        let catalog = self.options.catalog;
        let info = catalog.criterion(plugin);
        if info.is_none() && !catalog.is_open() {
            let known = catalog.criteria();
            let suggestion = similar(plugin, known.iter().map(String::as_str));
            let problem =
                Diagnostic::error(Code::UnknownPlugin, format!("no plugin provides the criterion `{plugin}`"));
            let problem = problem.at(span, did_you_mean(suggestion, "not installed"));
            self.problems.push(problem.hint("`segmenta plugins list` shows what is installed"));
        }
        info
    }

    /// Reads `plugin`, and `from`, which grouped criteria need and others must not have.
    fn call<'c>(&mut self, name: &'c Name, fields: &mut Fields<'_>, entity: &Entity) -> Call<'c> {
        let field = fields.optional("plugin");
        let plugin = field.and_then(|field| field.word(&mut self.problems)).unwrap_or(name);
        let info = self.plugin(plugin, field.map_or(&fields.span, |field| field.span()));
        let mut call = Call {
            name,
            plugin: plugin.to_owned(),
            node: Node::Criterion(name.clone()),
            info,
            from: None,
            scope: Scope::Profile,
            span: fields.span.clone(),
        };
        match fields.optional("from") {
            Some(field) => self.call_from(field, &mut call, entity),
            None if call.info.as_ref().is_some_and(|info| info.grouped) => {
                let problem = fields.missing("from");
                let hint = "the plugin looks at all rows of an entity: name the source that has them";
                self.problems.push(problem.hint(hint));
            }
            None => {}
        }
        call
    }

    fn call_from(&mut self, field: Field<'_>, call: &mut Call<'_>, entity: &Entity) {
        if let Some(info) = call.info.as_ref().filter(|info| !info.grouped) {
            let message = format!("`{}` sees one row per {}, so it takes no `from`", info.plugin, entity.name);
            let problem = Diagnostic::error(Code::ConflictingKeys, message);
            let text = "remove it; aggregate with a `[features.X]`";
            self.problems.push(problem.at(&field.entry.key, text));
        }
        let from = self.reference(Some(field), &[NameKind::Source, NameKind::Table]);
        self.depends_on_relation(&call.node, &from, field.span());
        call.scope = Scope::Relation(from.clone());
        call.from = Some(from);
        if !entity.key.is_empty() {
            self.use_column(&entity.key, field.span(), &call.scope, None, &[]);
        }
    }

    fn refit(&mut self, fields: &mut Fields<'_>, info: Option<&CriterionInfo>) -> Refit {
        let Some(field) = fields.optional("refit") else {
            return Refit::Always;
        };
        self.useless_without_model(field, info);
        field.choice(&REFITS, &mut self.problems).unwrap_or(Refit::Always)
    }

    /// `max_age` and `on_stale`.
    fn stale(&mut self, fields: &mut Fields<'_>, info: Option<&CriterionInfo>) -> (Option<CalendarSpan>, OnStale) {
        let (age, stale) = (fields.optional("max_age"), fields.optional("on_stale"));
        for field in age.into_iter().chain(stale) {
            self.useless_without_model(field, info);
        }
        if let (None, Some(stale)) = (age, stale) {
            let problem = Diagnostic::error(Code::ConflictingKeys, "`on_stale` needs `max_age`");
            self.problems.push(problem.at(&stale.entry.key, "no model is ever too old"));
        }
        let age = age.and_then(|field| field.calendar_span(&mut self.problems));
        let stale = stale.and_then(|field| field.choice(&ON_STALE, &mut self.problems));
        (age, stale.unwrap_or_default())
    }

    fn useless_without_model(&mut self, field: Field<'_>, info: Option<&CriterionInfo>) {
        if let Some(info) = info.filter(|info| !info.fitted) {
            let message = format!("`{}` has no model, so `{}` does nothing", info.plugin, field.key);
            self.problems.push(Diagnostic::warning(Code::UselessRefit, message).at(&field.entry.key, "remove it"));
        }
    }

    /// Host keys that change nothing of what is computed.
    fn unread_host_keys(&mut self, fields: &mut Fields<'_>) {
        if let Some(tags) = fields.optional("tags") {
            tags.texts(&mut self.problems);
        }
        if let Some(enabled) = fields.optional("enabled").filter(|field| !is_faulty(*field)) {
            enabled.boolean(&mut self.problems);
        }
        if let Some(run) = fields.optional("run").and_then(|field| field.fields("`run`", &mut self.problems)) {
            run.finish(&mut self.problems);
        }
    }

    /// Asks the plugin, also after mistakes, because what it gives is worth knowing for other
    /// checks; its objections count only if they are the `first`.
    fn bind(
        &mut self,
        call: &Call<'_>,
        inputs: &IndexMap<String, InputColumns>,
        options: &Options<'_>,
        first: bool,
    ) -> Option<Bound> {
        let catalog = self.options.catalog;
        if !options.complete || (call.info.is_none() && !catalog.is_open()) {
            return None;
        }
        let bound = inputs.iter().map(|(name, columns)| BoundInput {
            name: name.clone(),
            columns: inputs::names(columns).iter().map(|column| self.bound_column(column, &call.scope)).collect(),
        });
        let inputs: Vec<_> = bound.collect();
        let error = match catalog.bind(&call.plugin, &options.json, &inputs) {
            Ok(bound) => return Some(bound),
            Err(error) => error,
        };
        if first {
            let place = error.param.as_deref().and_then(|pointer| options.locate(pointer));
            let message = format!("`{}` refuses: {}", call.plugin, error.message);
            let problem = Diagnostic::error(Code::RejectedByPlugin, message);
            self.problems.push(problem.at(&place.unwrap_or_else(|| call.span.clone()), ""));
        }
        None
    }

    /// What the criterion gives, the label first; as described if it could not be bound.
    fn outputs_of(&mut self, call: &Call<'_>, bound: Option<&Bound>) -> Vec<OutputInfo> {
        let described = call.info.as_ref().map(|info| info.outputs.clone());
        let bound = bound.filter(|_| call.info.is_some());
        if bound.is_none() {
            self.profile.opaque.push(call.name.clone());
        }
        let bound = bound.map(|bound| bound.outputs.clone());
        let mut outputs = bound.or(described).unwrap_or_default();
        if !outputs.iter().any(|output| output.name == LABEL) {
            outputs.push(OutputInfo {
                name: LABEL.to_owned(),
                data_type: "utf8".to_owned(),
                nullable: true,
                description: String::new(),
            });
        }
        outputs.sort_by_key(|output| output.name != LABEL);
        outputs
    }

    fn criterion_columns(&mut self, call: &Call<'_>, outputs: &[OutputInfo], labels: Option<&Vec<String>>) {
        for output in outputs {
            let column = KnownColumn {
                data_type: inputs::column_type(&output.data_type),
                span: call.span.clone(),
                labels: labels.filter(|_| output.name == LABEL).cloned(),
                producer: Some(call.node.clone()),
            };
            self.add_column(&column_name(call.name, &output.name), column);
        }
    }
}

fn column_names(criterion: &str, outputs: &[OutputInfo]) -> Vec<String> {
    outputs.iter().map(|output| column_name(criterion, &output.name)).collect()
}

/// The output `label` is the column named after the criterion, any other `x` is `<criterion>_x`.
fn column_name(criterion: &str, output: &str) -> String {
    if output == LABEL { criterion.to_owned() } else { format!("{criterion}_{output}") }
}

fn is_faulty(field: Field<'_>) -> bool {
    matches!(field.value().kind, Kind::Faulty)
}
