//! `[schemes.X]`: which segments exist and who is in them.

use indexmap::IndexMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields, wrong_type};
use crate::model::{ColumnType, Limits, Name, Node, Scheme, SchemeKind, SegmentRule};
use crate::names::NameKind;
use crate::read::criteria::ReadCriterion;
use crate::read::reader::Reader;
use crate::scope::{Dependency, KnownColumn, Scope};
use crate::tree::{Kind, Value};

const KINDS: [(&str, SchemeKind); 2] = [("strategic", SchemeKind::Strategic), ("operational", SchemeKind::Operational)];

/// Combinations of labels beyond this number are not listed.
const MOST_LABELS: usize = 10_000;

impl Reader<'_> {
    pub(super) fn schemes(
        &mut self,
        file: &mut Fields<'_>,
        criteria: &IndexMap<Name, ReadCriterion>,
    ) -> IndexMap<Name, Scheme> {
        let mut schemes = IndexMap::new();
        let mut kinds_known = true;
        for (name, fields) in self.named(file, "schemes", "scheme") {
            let (scheme, kind_known) = self.scheme(&name, fields, criteria);
            kinds_known &= kind_known;
            schemes.insert(name, scheme);
        }
        if kinds_known {
            self.check_strategic(&schemes);
        }
        schemes
    }

    /// The scheme, and whether its kind could be read.
    fn scheme(
        &mut self,
        name: &Name,
        mut fields: Fields<'_>,
        criteria: &IndexMap<Name, ReadCriterion>,
    ) -> (Scheme, bool) {
        let node = Node::Scheme(name.clone());
        let problems = &mut self.problems;
        let kind = fields.required("kind", problems).and_then(|field| field.choice(&KINDS, problems));
        let goal = fields.required("goal", problems).and_then(|field| field.word(problems)).unwrap_or_default();
        let by_field = fields.optional("by");
        let rules_field = fields.optional("segments");
        let other = fields.optional("other").and_then(|field| field.word(problems)).map(str::to_owned);
        let limits = fields.optional("limits").map(|field| self.limits(field)).unwrap_or_default();
        fields.optional("description");
        self.check_exclusive(&mut fields, by_field, rules_field, other.is_some());
        let by = by_field.map(|field| self.scheme_criteria(field, &node)).unwrap_or_default();
        let segments = rules_field.map(|field| self.segment_rules(field, &node)).unwrap_or_default();
        let labels = if rules_field.is_some() { Some(names_of(&segments)) } else { combinations(&by, criteria) };
        let labels = labels.map(|mut labels| {
            labels.extend(other.clone().filter(|other| !labels.contains(other)));
            labels
        });
        let span = fields.span.clone();
        fields.finish(&mut self.problems);
        let column = KnownColumn {
            data_type: Some(ColumnType::String),
            span: span.clone(),
            labels: labels.clone(),
            producer: Some(node),
        };
        self.add_column(name, column);
        let goal = goal.to_owned();
        let scheme =
            Scheme { kind: kind.unwrap_or(SchemeKind::Operational), goal, by, segments, other, limits, labels, span };
        (scheme, kind.is_some())
    }

    fn check_exclusive(
        &mut self,
        fields: &mut Fields<'_>,
        by: Option<Field<'_>>,
        rules: Option<Field<'_>>,
        other: bool,
    ) {
        match (by, rules) {
            (Some(by), Some(rules)) => {
                let problem =
                    Diagnostic::error(Code::ConflictingKeys, format!("{} has both `by` and `segments`", fields.owner));
                let problem = problem.at(&rules.entry.header(), "segments are made by criteria or by rules");
                self.problems.push(problem.see(&by.entry.key, "`by` stands here"));
            }
            (None, None) => {
                let problem =
                    Diagnostic::error(Code::MissingKey, format!("{} has neither `by` nor `segments`", fields.owner));
                self.problems.push(problem.at(&fields.span, "say which criteria or which rules make its segments"));
            }
            (None, Some(_)) if !other => {
                let problem = fields.missing("other");
                self.problems.push(problem.hint("it names the segment of those whom no rule claims"));
            }
            _ => {}
        }
    }

    /// `by`: the criteria whose labels are joined.
    fn scheme_criteria(&mut self, field: Field<'_>, node: &Node) -> Vec<Name> {
        let mut by: Vec<Name> = Vec::new();
        for (name, value) in field.one_or_some(&mut self.problems).unwrap_or_default() {
            if by.iter().any(|known| known == name) {
                let problem = Diagnostic::error(Code::ConflictingKeys, format!("`{name}` stands twice in `by`"));
                self.problems.push(problem.at(&value.span, "remove one of the two"));
                continue;
            }
            if self.named_reference(name, value, &[NameKind::Criterion]) {
                let on = Node::Criterion(name.to_owned());
                self.dependencies.push(Dependency { of: node.clone(), on, span: value.span.clone() });
                by.push(name.to_owned());
            }
        }
        by
    }

    /// `[[schemes.X.segments]]`, in order.
    fn segment_rules(&mut self, field: Field<'_>, node: &Node) -> Vec<SegmentRule> {
        let values = field.list(&mut self.problems).unwrap_or_default();
        if values.is_empty() && matches!(field.value().kind, Kind::Array(_)) {
            let problem = Diagnostic::error(Code::EmptyValue, "`segments` has no rules");
            self.problems.push(problem.at(field.span(), "add a rule, or use `by`"));
        }
        let mut rules: Vec<SegmentRule> = Vec::new();
        for value in values {
            let Some(rule) = self.segment_rule(value, node) else {
                continue;
            };
            if rules.iter().any(|known| known.name == rule.name) {
                let message = format!("two rules make the segment `{}`", rule.name);
                let problem = Diagnostic::error(Code::DuplicateName, message);
                self.problems.push(problem.at(&value.span, "join their conditions with `or`"));
            }
            rules.push(rule);
        }
        rules
    }

    fn segment_rule(&mut self, value: &Value, node: &Node) -> Option<SegmentRule> {
        let Kind::Table(table) = &value.kind else {
            wrong_type("segments", value, "tables with `name` and `when`", &mut self.problems);
            return None;
        };
        let mut fields = Fields::new(table, value.span.clone(), "this segment");
        let name = fields.required("name", &mut self.problems).and_then(|field| field.word(&mut self.problems));
        let when = fields.required("when", &mut self.problems);
        let when = when.map(|field| self.expression(field, &Scope::Profile, Some(node)));
        fields.optional("description");
        fields.finish(&mut self.problems);
        Some(SegmentRule { name: name?.to_owned(), when: when? })
    }

    fn limits(&mut self, field: Field<'_>) -> Limits {
        let mut limits = Limits::default();
        let Some(mut fields) = field.fields("`limits`", &mut self.problems) else {
            return limits;
        };
        let problems = &mut self.problems;
        limits.segments = fields.optional("segments").and_then(|field| {
            let range = segment_range(field);
            if range.is_none() {
                field.out_of_range("[fewest, most], two whole numbers from 1 up", problems);
            }
            range
        });
        limits.max_share = fields.optional("max_share").and_then(|field| field.rate(problems));
        let fewest = fields.optional("min_customers").and_then(|field| field.whole(0, problems));
        limits.min_customers = fewest.map(i64::unsigned_abs);
        limits.fail = fields.optional("fail").and_then(|field| field.boolean(problems)).unwrap_or(false);
        fields.finish(problems);
        limits
    }

    fn check_strategic(&mut self, schemes: &IndexMap<Name, Scheme>) {
        let strategic: Vec<_> = schemes.iter().filter(|(_, scheme)| scheme.kind == SchemeKind::Strategic).collect();
        match strategic.as_slice() {
            [_] => {}
            [] => {
                let problem = Diagnostic::error(Code::StrategicScheme, "no scheme is `strategic`");
                let problem =
                    problem.hint("one scheme decides terms and service level: give it `kind = \"strategic\"`");
                self.problems.push(match schemes.values().next() {
                    Some(scheme) => problem.at(&scheme.span, "this one is `operational`"),
                    None => problem,
                });
            }
            [(first_name, first), others @ ..] => {
                for (name, scheme) in others {
                    let message = format!("`{name}` is a second strategic scheme beside `{first_name}`");
                    let problem = Diagnostic::error(Code::StrategicScheme, message);
                    self.problems.push(
                        problem.at(&scheme.span, "make one of them `operational`").see(&first.span, "the first one"),
                    );
                }
            }
        }
    }
}

fn segment_range(field: Field<'_>) -> Option<[usize; 2]> {
    let Kind::Array(values) = &field.value().kind else {
        return None;
    };
    let [Value { kind: Kind::Integer(fewest), .. }, Value { kind: Kind::Integer(most), .. }] = values.as_slice() else {
        return None;
    };
    let range = [usize::try_from(*fewest).ok()?, usize::try_from(*most).ok()?];
    (1 <= range[0] && range[0] <= range[1]).then_some(range)
}

fn names_of(rules: &[SegmentRule]) -> Vec<String> {
    rules.iter().map(|rule| rule.name.clone()).collect()
}

/// Every combination of the criteria's labels, joined by `/`, if all are known.
fn combinations(by: &[Name], criteria: &IndexMap<Name, ReadCriterion>) -> Option<Vec<String>> {
    let mut combined = vec![String::new()];
    for (index, name) in by.iter().enumerate() {
        let labels = criteria.get(name)?.criterion.labels.as_ref()?;
        if combined.len() * labels.len() > MOST_LABELS {
            return None;
        }
        let separator = if index == 0 { "" } else { "/" };
        combined = combined
            .iter()
            .flat_map(|start| labels.iter().map(move |label| format!("{start}{separator}{label}")))
            .collect();
    }
    (!by.is_empty()).then_some(combined)
}
