//! `[criteria.X]`: plugin calls.
//!
//! The host owns a few keys; every other one is the plugin's and is checked against its schema.

use indexmap::IndexMap;

use crate::catalog::{Bound, BoundInput, CriterionInfo, OutputInfo};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields};
use crate::model::{Criterion, Entity, InputColumns, Name, Node, Refit, Span};
use crate::names::NameKind;
use crate::read::inputs;
use crate::read::options::Options;
use crate::read::reader::Reader;
use crate::scope::{KnownColumn, Scope};
use crate::suggest::{did_you_mean, similar};

const REFITS: [(&str, Refit); 5] = [
    ("always", Refit::Always),
    ("never", Refit::Never),
    ("monthly", Refit::Monthly),
    ("quarterly", Refit::Quarterly),
    ("yearly", Refit::Yearly),
];

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
    pub(super) node: Node,
    pub(super) info: Option<CriterionInfo>,
    pub(super) from: Option<Name>,
    pub(super) scope: Scope,
    pub(super) span: Span,
}

impl Reader<'_> {
    /// The enabled criteria; the others are checked and left out.
    pub(super) fn criteria(
        &mut self,
        file: &mut Fields<'_>,
        entity: &Entity,
    ) -> IndexMap<Name, ReadCriterion> {
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

    fn criterion(
        &mut self,
        name: &Name,
        mut fields: Fields<'_>,
        entity: &Entity,
        enabled: bool,
    ) -> ReadCriterion {
        let errors = self.errors();
        let plugin_field = fields.optional("plugin");
        let plugin = plugin_field
            .and_then(|field| field.word(&mut self.problems))
            .unwrap_or(name)
            .to_owned();
        let info = self.plugin(
            &plugin,
            plugin_field.map_or(&fields.span, |field| field.span()),
        );
        let call = self.call(name, &mut fields, info, entity);
        let inputs_field = fields.optional("inputs");
        let inputs = self.inputs(inputs_field, &call);
        let filter = fields
            .optional("where")
            .map(|field| self.expression(field, &Scope::Profile, Some(&call.node)));
        let none = fields
            .optional("none")
            .and_then(|field| field.word(&mut self.problems))
            .map(str::to_owned);
        let refit = self.refit(&mut fields, call.info.as_ref());
        let description = self.free_text(&mut fields, "description");
        self.unread_host_keys(&mut fields);
        let options = Options::new(&fields, name, call.info.as_ref(), &mut self.problems);
        let bound = if self.errors() == errors {
            self.bind(&plugin, &call, &inputs, &options)
        } else {
            None
        };
        let outputs = self.outputs_of(&call, bound.as_ref());
        let is_bound = bound.is_some();
        let labels = bound.and_then(|bound| bound.labels).map(|mut labels| {
            labels.extend(none.clone().filter(|none| !labels.contains(none)));
            labels
        });
        if enabled {
            self.criterion_columns(&call, &outputs, labels.as_ref());
        }
        let nullable = outputs.first().is_none_or(|label| label.nullable);
        let may_be_null = none.is_none() && (nullable || filter.is_some() || call.from.is_some());
        let criterion = Criterion {
            plugin,
            inputs,
            from: call.from,
            filter,
            none,
            description,
            refit,
            params: options.json,
            labels,
            outputs: outputs
                .iter()
                .map(|output| column_name(name, &output.name))
                .collect(),
            span: call.span,
        };
        ReadCriterion {
            criterion,
            may_be_null,
            bound: is_bound,
        }
    }

    fn plugin(&mut self, plugin: &str, span: &Span) -> Option<CriterionInfo> {
        let catalog = self.options.catalog;
        let info = catalog.criterion(plugin);
        if info.is_none() && !catalog.is_open() {
            let known = catalog.criteria();
            let suggestion = similar(plugin, known.iter().map(String::as_str));
            let problem = Diagnostic::error(
                Code::UnknownPlugin,
                format!("no plugin provides the criterion `{plugin}`"),
            );
            let problem = problem.at(span, did_you_mean(suggestion, "not installed"));
            self.problems
                .push(problem.hint("`segmenta plugins list` shows what is installed"));
        }
        info
    }

    /// Reads `from`, which grouped criteria need and others must not have.
    fn call<'c>(
        &mut self,
        name: &'c Name,
        fields: &mut Fields<'_>,
        info: Option<CriterionInfo>,
        entity: &Entity,
    ) -> Call<'c> {
        let node = Node::Criterion(name.clone());
        let span = fields.span.clone();
        let Some(field) = fields.optional("from") else {
            if info.as_ref().is_some_and(|info| info.grouped) {
                let problem = fields.missing("from");
                self.problems.push(problem.hint(
                    "the plugin looks at all rows of an entity: name the source that has them",
                ));
            }
            return Call {
                name,
                node,
                info,
                from: None,
                scope: Scope::Profile,
                span,
            };
        };
        if let Some(info) = info.as_ref().filter(|info| !info.grouped) {
            let message = format!(
                "`{}` sees one row per {}, so it takes no `from`",
                info.plugin, entity.name
            );
            let problem = Diagnostic::error(Code::ConflictingKeys, message);
            self.problems.push(problem.at(
                &field.entry.key,
                "remove it; aggregate with a `[features.X]`",
            ));
        }
        let from = self.reference(Some(field), &[NameKind::Source, NameKind::Table]);
        self.depends_on_relation(&node, &from, field.span());
        let scope = Scope::Relation(from.clone());
        if !entity.key.is_empty() {
            self.use_column(&entity.key, field.span(), &scope, None, &[]);
        }
        Call {
            name,
            node,
            info,
            from: Some(from),
            scope,
            span,
        }
    }

    fn refit(&mut self, fields: &mut Fields<'_>, info: Option<&CriterionInfo>) -> Refit {
        let Some(field) = fields.optional("refit") else {
            return Refit::Always;
        };
        if let Some(info) = info.filter(|info| !info.fitted) {
            let message = format!("`{}` has no model, so `refit` does nothing", info.plugin);
            self.problems.push(
                Diagnostic::warning(Code::UselessRefit, message).at(&field.entry.key, "remove it"),
            );
        }
        field
            .choice(&REFITS, &mut self.problems)
            .unwrap_or(Refit::Always)
    }

    /// Host keys that change nothing of what is computed.
    fn unread_host_keys(&mut self, fields: &mut Fields<'_>) {
        if let Some(tags) = fields.optional("tags") {
            tags.texts(&mut self.problems);
        }
        if let Some(enabled) = fields
            .optional("enabled")
            .filter(|field| !is_faulty(*field))
        {
            enabled.boolean(&mut self.problems);
        }
        if let Some(run) = fields
            .optional("run")
            .and_then(|field| field.fields("`run`", &mut self.problems))
        {
            run.finish(&mut self.problems);
        }
    }

    fn bind(
        &mut self,
        plugin: &str,
        call: &Call<'_>,
        inputs: &IndexMap<String, InputColumns>,
        options: &Options<'_>,
    ) -> Option<Bound> {
        let bound = inputs.iter().map(|(name, columns)| BoundInput {
            name: name.clone(),
            columns: inputs::names(columns)
                .iter()
                .map(|column| self.bound_column(column, &call.scope))
                .collect(),
        });
        let inputs: Vec<_> = bound.collect();
        match self.options.catalog.bind(plugin, &options.json, &inputs) {
            Ok(bound) => Some(bound),
            Err(error) => {
                let place = error
                    .param
                    .as_deref()
                    .and_then(|pointer| options.locate(pointer));
                let message = format!("`{plugin}` refuses: {}", error.message);
                let problem = Diagnostic::error(Code::RejectedByPlugin, message);
                self.problems
                    .push(problem.at(&place.unwrap_or_else(|| call.span.clone()), ""));
                None
            }
        }
    }

    /// What the criterion gives, the label first; as described if it could not be bound.
    fn outputs_of(&mut self, call: &Call<'_>, bound: Option<&Bound>) -> Vec<OutputInfo> {
        let mut outputs = match (bound, &call.info) {
            (Some(bound), _) if !bound.outputs.is_empty() => bound.outputs.clone(),
            (_, Some(info)) => info.outputs.clone(),
            (_, None) => {
                self.profile.opaque.push(call.name.clone());
                Vec::new()
            }
        };
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

    fn criterion_columns(
        &mut self,
        call: &Call<'_>,
        outputs: &[OutputInfo],
        labels: Option<&Vec<String>>,
    ) {
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

/// The output `label` is the column named after the criterion, any other `x` is `<criterion>_x`.
fn column_name(criterion: &str, output: &str) -> String {
    if output == LABEL {
        criterion.to_owned()
    } else {
        format!("{criterion}_{output}")
    }
}

fn is_faulty(field: Field<'_>) -> bool {
    matches!(field.value().kind, crate::tree::Kind::Faulty)
}
