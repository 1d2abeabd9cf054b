//! What the readers of all tables share.

use std::path::{Component, Path};

use indexmap::IndexMap;
use toml::de::DeTable;

use crate::check;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::fields::{Field, Fields, Problems};
use crate::model::{Name, Node, ParamValue, Pipeline, PluginUse, Span, SqlExpr};
use crate::names::{NameKind, Names};
use crate::read::ReadOptions;
use crate::read::params;
use crate::scope::{ColumnUse, Columns, Dependency, Family, LabelUse, Profile, Scope};
use crate::sql::{self, Expression, Fault};
use crate::substitute::Substitution;
use crate::tree::{Builder, Table, Value};

/// One reading of one file. Readers fill gaps with empty values after reporting them, so that
/// every table is looked at; the result is used only if nothing was an error.
pub(super) struct Reader<'a> {
    pub(super) options: &'a ReadOptions<'a>,
    pub(super) problems: Problems,
    pub(super) names: Names,
    /// Columns of sources and tables.
    pub(super) relations: IndexMap<Name, Columns>,
    pub(super) profile: Profile,
    pub(super) uses: Vec<ColumnUse>,
    pub(super) labels: Vec<LabelUse>,
    pub(super) dependencies: Vec<Dependency>,
}

impl<'a> Reader<'a> {
    /// The pipeline and what there is to say about it.
    pub(super) fn read(text: &str, document: &DeTable<'_>, options: &'a ReadOptions<'a>) -> (Pipeline, Problems) {
        let (mut reader, root, params) = Self::open(text, document, options);
        let pipeline = reader.pipeline(&root, params);
        (pipeline, reader.problems)
    }

    /// The plugins that the file loads, as far as they can be read.
    pub(super) fn read_plugins(
        text: &str,
        document: &DeTable<'_>,
        options: &'a ReadOptions<'a>,
    ) -> IndexMap<String, PluginUse> {
        let (mut reader, root, _) = Self::open(text, document, options);
        reader.plugins(&mut Fields::new(&root, 0..0, "the file"))
    }

    /// The file with its params in place, nothing of it read yet.
    fn open(
        text: &str,
        document: &DeTable<'_>,
        options: &'a ReadOptions<'a>,
    ) -> (Self, Table, IndexMap<Name, ParamValue>) {
        let mut problems = Problems::new();
        let params = params::read(text, document, options, &mut problems);
        let substitution = Substitution { params: &params, env: options.env };
        let mut builder = Builder { source: text, substitution: &substitution, problems: &mut problems };
        let root = builder.root(document);
        let names = Names::collect(&root, &mut problems);
        let reader = Reader {
            options,
            problems,
            names,
            relations: IndexMap::new(),
            profile: Profile::default(),
            uses: Vec::new(),
            labels: Vec::new(),
            dependencies: Vec::new(),
        };
        (reader, root, params)
    }

    fn pipeline(&mut self, root: &Table, params: IndexMap<Name, ParamValue>) -> Pipeline {
        let mut file = Fields::new(root, 0..0, "the file");
        let header = self.header(&mut file);
        file.optional("params");
        let plugins = self.plugins(&mut file);
        let sources = self.sources(&mut file);
        let tables = self.tables(&mut file);
        let entity = self.entity(&mut file);
        let features = self.features(&mut file, &entity);
        let criteria = self.criteria(&mut file, &entity);
        let schemes = self.schemes(&mut file, &criteria);
        let valuation = self.valuation(&mut file);
        let strategy = self.strategy(&mut file, &schemes, &criteria);
        let monitor = self.monitor(&mut file, &schemes);
        let outputs = self.outputs(&mut file, strategy.as_ref());
        let report = self.report(&mut file);
        let schedule = self.schedule(&mut file);
        self.alerts(&mut file);
        file.optional("meta");
        file.finish(&mut self.problems);
        check::columns(&self.names, &self.relations, &self.profile, &self.uses, &mut self.problems);
        check::labels(&self.relations, &self.profile, &self.labels, &mut self.problems);
        let mut pipeline = Pipeline {
            pipeline: header,
            params,
            plugins,
            entity,
            sources,
            features,
            tables,
            criteria: criteria.into_iter().map(|(name, read)| (name, read.criterion)).collect(),
            schemes,
            valuation,
            strategy,
            monitor,
            outputs,
            report,
            schedule,
            order: Vec::new(),
        };
        let dependencies = check::dependencies(&self.profile, &self.uses, &self.dependencies);
        pipeline.order = check::order(&pipeline, &dependencies, &mut self.problems);
        pipeline
    }

    /// A table at the top of the file.
    pub(super) fn section<'t>(&mut self, file: &mut Fields<'t>, key: &'static str) -> Option<Fields<'t>> {
        file.optional(key)?.fields(format!("`[{key}]`"), &mut self.problems)
    }

    /// A table at the top of the file that must be there.
    pub(super) fn required_section<'t>(&mut self, file: &mut Fields<'t>, key: &'static str) -> Option<Fields<'t>> {
        if file.optional(key).is_none() {
            self.problems.push(Diagnostic::error(Code::MissingKey, format!("the file has no `[{key}]`")));
        }
        self.section(file, key)
    }

    /// The named tables of a plural table.
    pub(super) fn named<'t>(
        &mut self,
        file: &mut Fields<'t>,
        key: &'static str,
        word: &str,
    ) -> Vec<(Name, Fields<'t>)> {
        let Some(table) = file.optional(key).and_then(|field| field.table(&mut self.problems)) else {
            return Vec::new();
        };
        let mut named = Vec::new();
        for (name, entry) in &table.entries {
            let field = Field { key: name, entry };
            if let Some(fields) = field.fields(format!("{word} `{name}`"), &mut self.problems) {
                named.push((name.clone(), fields));
            }
        }
        named
    }

    /// A reference to a thing of one of the given kinds; empty after a report.
    pub(super) fn reference(&mut self, field: Option<Field<'_>>, kinds: &[NameKind]) -> Name {
        let Some(field) = field else {
            return Name::new();
        };
        let word = field.word(&mut self.problems);
        word.filter(|name| self.named_reference(name, field.value(), kinds)).unwrap_or_default().to_owned()
    }

    /// Whether `name` is a thing of one of the given kinds; reported if not.
    pub(super) fn named_reference(&mut self, name: &str, value: &Value, kinds: &[NameKind]) -> bool {
        let found = self.names.find(name, kinds).is_some();
        if !found {
            self.problems.push(self.names.problem(name, kinds, &value.span));
        }
        found
    }

    /// A column named by a key.
    pub(super) fn column(&mut self, field: Field<'_>, scope: &Scope, by: Option<&Node>, families: &[Family]) -> String {
        let Some(name) = field.word(&mut self.problems) else {
            return String::new();
        };
        self.use_column(name, field.span(), scope, by, families);
        name.to_owned()
    }

    /// Notes that a column is read.
    pub(super) fn use_column(
        &mut self,
        name: &str,
        span: &Span,
        scope: &Scope,
        by: Option<&Node>,
        families: &[Family],
    ) {
        self.uses.push(ColumnUse {
            scope: scope.clone(),
            column: name.to_owned(),
            span: span.clone(),
            by: by.cloned(),
            families: families.to_vec(),
            quoted: false,
        });
    }

    /// A list of columns, in any number.
    pub(super) fn column_list(
        &mut self,
        field: Field<'_>,
        scope: &Scope,
        by: Option<&Node>,
        families: &[Family],
    ) -> Vec<String> {
        let columns = field.texts(&mut self.problems).unwrap_or_default();
        for (name, value) in &columns {
            self.use_column(name, &value.span, scope, by, families);
        }
        columns.into_iter().map(|(name, _)| name.to_owned()).collect()
    }

    /// An SQL expression over the columns of `scope`.
    pub(super) fn expression(&mut self, field: Field<'_>, scope: &Scope, by: Option<&Node>) -> SqlExpr {
        let span = field.span().clone();
        let Some(text) = field.text(&mut self.problems) else {
            return SqlExpr { text: String::new(), columns: Vec::new(), span };
        };
        let text = text.text.as_str();
        if text.trim().is_empty() || sql::is_null(text) {
            let problem = Diagnostic::error(Code::EmptyValue, format!("`{}` is an empty expression", field.key));
            self.problems
                .push(problem.at(&span, "an empty condition never means everyone; leave the key out for that"));
            return SqlExpr { text: text.to_owned(), columns: Vec::new(), span };
        }
        let found = sql::expression(text);
        self.faults(field.value(), &found.faults);
        let mut columns: Vec<String> = Vec::new();
        for mention in &found.columns {
            if !columns.contains(&mention.name) {
                columns.push(mention.name.clone());
            }
        }
        if found.faults.is_empty() {
            self.note_uses(field.value(), found, scope, by);
        }
        SqlExpr { text: text.to_owned(), columns, span }
    }

    /// Notes what an expression reads and compares, to be checked when all columns are known.
    fn note_uses(&mut self, value: &Value, found: Expression, scope: &Scope, by: Option<&Node>) {
        self.uses.extend(found.columns.into_iter().map(|mention| ColumnUse {
            scope: scope.clone(),
            span: value.part(&mention.place),
            column: mention.name,
            by: by.cloned(),
            families: Vec::new(),
            quoted: mention.quoted,
        }));
        self.labels.extend(found.comparisons.into_iter().map(|comparison| LabelUse {
            scope: scope.clone(),
            column: comparison.column,
            label: comparison.text,
            span: value.part(&comparison.place),
        }));
    }

    /// Reports what must not stand in an SQL text.
    pub(super) fn faults(&mut self, value: &Value, faults: &[Fault]) {
        for fault in faults {
            let code = if fault.unreadable { Code::BadExpression } else { Code::ForbiddenSql };
            let problem = Diagnostic::error(code, fault.message.clone());
            self.problems.push(problem.at(&value.part(&fault.place), fault.help.clone()));
        }
    }

    /// A path, resolved against the file's directory unless it is absolute or a URL.
    pub(super) fn path(&mut self, field: Option<Field<'_>>) -> String {
        let path = field.and_then(|field| field.word(&mut self.problems)).unwrap_or_default();
        if path.contains("://") || path.is_empty() {
            return path.to_owned();
        }
        let parts = Path::new(path).components().filter(|part| *part != Component::CurDir);
        let resolved = parts.fold(self.options.directory.to_path_buf(), |resolved, part| resolved.join(part));
        resolved.to_string_lossy().into_owned()
    }

    /// How many errors were found so far.
    pub(super) fn errors(&self) -> usize {
        self.problems.iter().filter(|problem| problem.severity == Severity::Error).count()
    }
}
