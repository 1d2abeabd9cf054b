//! `[strategy]`: what each segment gets, and the limits no term may cross.

mod coverage;

use indexmap::IndexMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields, wrong_type};
use crate::model::{
    Capacity, Exceptions, Guardrails, MarginFloor, Name, Node, Scheme, Strategy, StrategyRule, Terms, Worklist,
};
use crate::names::{NameKind, check_name};
use crate::read::criteria::ReadCriterion;
use crate::read::reader::Reader;
use crate::scope::{Dependency, Family, Scope};
use crate::suggest::{did_you_mean, similar};
use crate::tree::{Kind, Value};

const FLOORS: [(&str, MarginFloor); 2] =
    [("discounted_price", MarginFloor::DiscountedPrice), ("list_price", MarginFloor::ListPrice)];

/// Longest payment term between businesses that needs no express agreement, in days
/// (Directive 2011/7/EU).
const LONG_TERM_DAYS: i64 = 60;

impl Reader<'_> {
    pub(super) fn strategy(
        &mut self,
        file: &mut Fields<'_>,
        schemes: &IndexMap<Name, Scheme>,
        criteria: &IndexMap<Name, ReadCriterion>,
    ) -> Option<Strategy> {
        let mut fields = self.section(file, "strategy")?;
        let scheme_field = fields.required("scheme", &mut self.problems);
        let scheme = self.reference(scheme_field, &[NameKind::Scheme]);
        if let Some(field) = scheme_field.filter(|_| !scheme.is_empty()) {
            let on = Node::Scheme(scheme.clone());
            self.dependencies.push(Dependency { of: Node::Strategy, on, span: field.span().clone() });
        }
        let segments_field = fields.optional("segments");
        let mut strategy = Strategy {
            scheme,
            segments: segments_field.map(|field| self.segment_terms(field)).unwrap_or_default(),
            default: fields.optional("default").map(|field| self.terms(field, "`default`".to_owned())),
            rules: fields.optional("rules").map(|field| self.strategy_rules(field)).unwrap_or_default(),
            exceptions: fields.optional("exceptions").and_then(|field| self.exceptions(field)),
            guardrails: fields.optional("guardrails").map(|field| self.guardrails(field)).unwrap_or_default(),
            consent: fields.optional("consent").map(|field| self.consent(field)).unwrap_or_default(),
            worklist: fields.optional("worklist").and_then(|field| self.worklist(field)),
            capacity: IndexMap::new(),
            span: fields.span.clone(),
        };
        if let Some(field) = fields.optional("capacity") {
            strategy.capacity = self.capacity(field, &strategy);
        }
        fields.optional("description");
        fields.finish(&mut self.problems);
        self.depends_on_valuation(file, &strategy);
        self.check_payment_days(&strategy, segments_field);
        if let Some(scheme) = schemes.get(&strategy.scheme) {
            self.check_coverage(&strategy, scheme, segments_field, criteria);
        }
        Some(strategy)
    }

    /// Discounts are capped by the margin, and work is ranked by value.
    fn depends_on_valuation(&mut self, file: &mut Fields<'_>, strategy: &Strategy) {
        match file.optional("valuation") {
            Some(_) => {
                let span = strategy.span.clone();
                self.dependencies.push(Dependency { of: Node::Strategy, on: Node::Valuation, span });
            }
            None if strategy.guardrails.min_margin_rate.is_some() => {
                let problem = Diagnostic::error(Code::ConflictingKeys, "`min_margin_rate` needs a `[valuation]`");
                self.problems.push(problem.at(&strategy.span, "without costs there is no margin to keep"));
            }
            None => {}
        }
    }

    fn segment_terms(&mut self, field: Field<'_>) -> IndexMap<String, Terms> {
        let table = field.table(&mut self.problems);
        let mut segments = IndexMap::new();
        for (name, entry) in table.into_iter().flat_map(|table| &table.entries) {
            let terms = self.terms(Field { key: name, entry }, format!("the terms of `{name}`"));
            segments.insert(name.clone(), terms);
        }
        segments
    }

    fn strategy_rules(&mut self, field: Field<'_>) -> Vec<StrategyRule> {
        let values = field.list(&mut self.problems).unwrap_or_default();
        let mut rules: Vec<StrategyRule> = Vec::new();
        for value in values {
            let Some(rule) = self.strategy_rule(value) else {
                continue;
            };
            if rules.iter().any(|known| known.name == rule.name) {
                let problem = Diagnostic::error(Code::DuplicateName, format!("two rules are named `{}`", rule.name));
                self.problems.push(problem.at(&value.span, "actions name the rule that decided them"));
            }
            rules.push(rule);
        }
        rules
    }

    fn strategy_rule(&mut self, value: &Value) -> Option<StrategyRule> {
        let Kind::Table(table) = &value.kind else {
            wrong_type("rules", value, "tables with `name`, `when` and `set`", &mut self.problems);
            return None;
        };
        let mut fields = Fields::new(table, value.span.clone(), "this rule");
        let name = fields.required("name", &mut self.problems);
        let word = name.and_then(|field| field.word(&mut self.problems));
        if let (Some(field), Some(word)) = (name, word) {
            check_name(word, field.span(), &mut self.problems);
        }
        let when = fields.required("when", &mut self.problems);
        let when = when.map(|field| self.expression(field, &Scope::Profile, Some(&Node::Strategy)));
        let set = fields.required("set", &mut self.problems);
        let set = set.map(|field| self.terms(field, "`set`".to_owned()));
        fields.optional("description");
        fields.finish(&mut self.problems);
        Some(StrategyRule { name: word?.to_owned(), when: when?, set: set? })
    }

    fn exceptions(&mut self, field: Field<'_>) -> Option<Exceptions> {
        let mut fields = field.fields("`[strategy.exceptions]`", &mut self.problems)?;
        let path = fields.required("path", &mut self.problems);
        let path = self.path(path).into();
        fields.finish(&mut self.problems);
        Some(Exceptions { path })
    }

    fn guardrails(&mut self, field: Field<'_>) -> Guardrails {
        let mut guardrails = Guardrails::default();
        let Some(mut fields) = field.fields("`guardrails`", &mut self.problems) else {
            return guardrails;
        };
        let problems = &mut self.problems;
        guardrails.min_margin_rate = fields.optional("min_margin_rate").and_then(|field| field.rate(problems));
        let floor = fields.optional("margin_floor").and_then(|field| field.choice(&FLOORS, problems));
        guardrails.margin_floor = floor.unwrap_or_default();
        guardrails.max_payment_days = fields.optional("max_payment_days").and_then(|field| field.whole(0, problems));
        fields.finish(problems);
        guardrails
    }

    /// Channel to the column that allows it.
    fn consent(&mut self, field: Field<'_>) -> IndexMap<String, String> {
        let table = field.table(&mut self.problems);
        let mut consent = IndexMap::new();
        for (channel, entry) in table.into_iter().flat_map(|table| &table.entries) {
            let field = Field { key: channel, entry };
            let column = self.column(field, &Scope::Profile, Some(&Node::Strategy), &[Family::Flag]);
            consent.insert(channel.clone(), column);
        }
        consent
    }

    fn worklist(&mut self, field: Field<'_>) -> Option<Worklist> {
        let mut fields = field.fields("`worklist`", &mut self.problems)?;
        let rank = fields.required("rank", &mut self.problems)?;
        let rank = match rank.word(&mut self.problems) {
            Some("value_at_stake") => "value_at_stake".to_owned(),
            Some(_) => self.column(rank, &Scope::Profile, Some(&Node::Strategy), &[Family::Number]),
            None => String::new(),
        };
        let per_day = fields.required("per_day", &mut self.problems);
        let per_day = per_day.and_then(|field| field.whole(1, &mut self.problems));
        fields.finish(&mut self.problems);
        Some(Worklist { rank, per_day: per_day?.unsigned_abs() })
    }

    /// Service mode to its capacity; the mode must be one that somebody is served by.
    fn capacity(&mut self, field: Field<'_>, strategy: &Strategy) -> IndexMap<String, Capacity> {
        let rules = strategy.rules.iter().map(|rule| &rule.set);
        let terms = strategy.segments.values().chain(&strategy.default).chain(rules);
        let services: Vec<_> = terms.filter_map(|terms| terms.service.as_deref()).collect();
        let table = field.table(&mut self.problems);
        let mut capacities = IndexMap::new();
        for (service, entry) in table.into_iter().flat_map(|table| &table.entries) {
            if !services.contains(&service.as_str()) {
                let suggestion = similar(service, services.iter().copied());
                let problem = Diagnostic::error(Code::UnknownName, format!("nobody is served by `{service}`"));
                self.problems.push(problem.at(&entry.key, did_you_mean(suggestion, "no terms have this `service`")));
            }
            if let Some(capacity) = self.service_capacity(Field { key: service, entry }) {
                capacities.insert(service.clone(), capacity);
            }
        }
        capacities
    }

    fn service_capacity(&mut self, field: Field<'_>) -> Option<Capacity> {
        let mut fields = field.fields(format!("the capacity of `{}`", field.key), &mut self.problems)?;
        let problems = &mut self.problems;
        let agents_field = fields.required("agents", problems);
        let agents = agents_field.and_then(|field| field.number(problems));
        if let (Some(field), Some(agents)) = (agents_field, agents)
            && agents < 0.0
        {
            field.out_of_range("at least 0", problems);
        }
        let handle_time = fields.required("handle_time", problems).and_then(|field| field.seconds(problems));
        let rate = fields.required("peak_contact_rate", problems).and_then(|field| field.rate(problems));
        fields.finish(problems);
        Some(Capacity { agents: agents?, handle_time_seconds: handle_time?, peak_contact_rate: rate? })
    }

    fn check_payment_days(&mut self, strategy: &Strategy, segments: Option<Field<'_>>) {
        if strategy.guardrails.max_payment_days.is_some() {
            return;
        }
        let named = strategy.segments.iter().map(|(name, terms)| (format!("`{name}`"), terms));
        let default = strategy.default.iter().map(|terms| ("`default`".to_owned(), terms));
        let rules = strategy.rules.iter().map(|rule| (format!("rule `{}`", rule.name), &rule.set));
        let span = segments.map_or_else(|| strategy.span.clone(), |field| field.entry.header());
        for (owner, terms) in named.chain(default).chain(rules) {
            let Some(days) = terms.payment_days.filter(|days| *days > LONG_TERM_DAYS) else {
                continue;
            };
            let problem = Diagnostic::warning(Code::LongPaymentTerm, format!("{owner} has {days} days to pay"));
            self.problems.push(problem.at(&span, "set `guardrails.max_payment_days` to what has been agreed"));
        }
    }
}
