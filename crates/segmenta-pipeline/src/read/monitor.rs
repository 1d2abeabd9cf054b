//! `[monitor]`: what is compared with the baseline.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields};
use crate::model::{Baseline, Check, Metric, Monitor, Name, Scheme, SchemeKind};
use crate::names::{NameKind, check_name};
use crate::read::reader::Reader;
use crate::scope::{Family, Scope};

const BASELINES: [(&str, Baseline); 2] = [("accepted", Baseline::Accepted), ("previous", Baseline::Previous)];

const METRICS: [(&str, Metric); 6] = [
    ("psi", Metric::Psi),
    ("tv", Metric::Tv),
    ("moved", Metric::Moved),
    ("null_rate", Metric::NullRate),
    ("change", Metric::Change),
    ("customers", Metric::Customers),
];

/// Share of entities without a segment that is worth a look when nothing else is asked for.
const UNLABELLED_WARN: f64 = 0.05;

impl Reader<'_> {
    pub(super) fn monitor(&mut self, file: &mut Fields<'_>, schemes: &IndexMap<Name, Scheme>) -> Monitor {
        let mut monitor = default_monitor(schemes);
        let Some(mut fields) = self.section(file, "monitor") else {
            return monitor;
        };
        if let Some(field) = fields.optional("baseline") {
            monitor.baseline = field.choice(&BASELINES, &mut self.problems).unwrap_or(Baseline::Accepted);
        }
        let features = fields.optional("features");
        let features = features.map(|field| self.column_list(field, &Scope::Profile, None, &[Family::Number]));
        monitor.features = features.unwrap_or_default();
        if let Some(field) = fields.optional("checks") {
            monitor.checks = self.checks(field, &monitor.features);
        }
        if let Some(field) = fields.optional("targets") {
            let problem = Diagnostic::error(Code::NotAvailable, "targets are not available in this version");
            self.problems.push(problem.at(&field.entry.header(), "remove them; checks compare with the baseline"));
        }
        fields.finish(&mut self.problems);
        monitor
    }

    fn checks(&mut self, field: Field<'_>, features: &[String]) -> IndexMap<Name, Check> {
        let table = field.table(&mut self.problems);
        let mut checks = IndexMap::new();
        for (name, entry) in table.into_iter().flat_map(|table| &table.entries) {
            check_name(name, &entry.key, &mut self.problems);
            if let Some(check) = self.check(Field { key: name, entry }, features) {
                checks.insert(name.clone(), check);
            }
        }
        checks
    }

    fn check(&mut self, field: Field<'_>, features: &[String]) -> Option<Check> {
        let mut fields = field.fields(format!("check `{}`", field.key), &mut self.problems)?;
        let metric = fields.required("metric", &mut self.problems);
        let metric = metric.and_then(|field| field.choice(&METRICS, &mut self.problems));
        let of = if metric == Some(Metric::Customers) {
            fields.optional("of")
        } else {
            fields.required("of", &mut self.problems)
        };
        let of = match (of, metric) {
            (Some(of), Some(metric)) => self.measured(of, metric, features),
            _ => String::new(),
        };
        let mut threshold = |reader: &mut Self, key| {
            let field = fields.optional(key)?;
            reader.threshold(field, metric).map(|value| (field, value))
        };
        let (warn, fail) = (threshold(self, "warn"), threshold(self, "fail"));
        let (warn_below, fail_below) = (threshold(self, "warn_below"), threshold(self, "fail_below"));
        self.check_thresholds(&fields, [warn, fail, warn_below, fail_below]);
        fields.finish(&mut self.problems);
        let value = |threshold: Option<(Field<'_>, f64)>| threshold.map(|(_, value)| value);
        Some(Check {
            metric: metric?,
            of,
            warn: value(warn),
            fail: value(fail),
            warn_below: value(warn_below),
            fail_below: value(fail_below),
        })
    }

    /// What the metric is measured of: labels for shares and moves, a number for changes.
    fn measured(&mut self, field: Field<'_>, metric: Metric, features: &[String]) -> String {
        let Some(of) = field.word(&mut self.problems) else {
            return String::new();
        };
        let labels = [NameKind::Scheme, NameKind::Criterion];
        let watched = metric == Metric::Psi && features.iter().any(|feature| feature == of);
        match metric {
            Metric::Psi | Metric::Tv | Metric::Moved if !watched => {
                if metric == Metric::Psi
                    && self.names.find(of, &labels).is_none()
                    && self.profile.columns.contains_key(of)
                {
                    let problem = Diagnostic::error(Code::WrongKind, format!("`{of}` is not watched"));
                    self.problems.push(problem.at(field.span(), "add it to `features` of `[monitor]`"));
                } else {
                    self.named_reference(of, field.value(), &labels);
                }
            }
            Metric::Change => self.use_column(of, field.span(), &Scope::Profile, None, &[Family::Number]),
            Metric::NullRate => self.use_column(of, field.span(), &Scope::Profile, None, &[]),
            Metric::Psi | Metric::Tv | Metric::Moved | Metric::Customers => {}
        }
        of.to_owned()
    }

    fn threshold(&mut self, field: Field<'_>, metric: Option<Metric>) -> Option<f64> {
        let problems = &mut self.problems;
        let value = match metric? {
            Metric::Moved | Metric::NullRate | Metric::Tv => field.rate(problems)?,
            Metric::Change => field.share(problems)?,
            Metric::Psi | Metric::Customers => field.number(problems)?,
        };
        if value < 0.0 {
            field.out_of_range("at least 0", problems);
        }
        Some(value)
    }

    /// A check has a threshold, and fails no sooner than it warns.
    fn check_thresholds(&mut self, fields: &Fields<'_>, thresholds: [Option<(Field<'_>, f64)>; 4]) {
        let given = ["warn", "fail", "warn_below", "fail_below"];
        if !given.iter().any(|key| fields.has(key)) {
            let problem = Diagnostic::error(Code::MissingKey, format!("{} has no threshold", fields.owner));
            self.problems.push(problem.at(&fields.span, "add `warn`, `fail`, `warn_below` or `fail_below`"));
        }
        let [warn, fail, warn_below, fail_below] = thresholds;
        if let (Some((_, warn)), Some((field, fail))) = (warn, fail)
            && fail < warn
        {
            field.out_of_range("at least `warn`", &mut self.problems);
        }
        if let (Some((_, warn)), Some((field, fail))) = (warn_below, fail_below)
            && fail > warn
        {
            field.out_of_range("at most `warn_below`", &mut self.problems);
        }
    }
}

/// Without `[monitor.checks]`: somebody must be there, and nearly all in a strategic segment.
fn default_monitor(schemes: &IndexMap<Name, Scheme>) -> Monitor {
    let check = |metric, of: &str| Check {
        metric,
        of: of.to_owned(),
        warn: None,
        fail: None,
        warn_below: None,
        fail_below: None,
    };
    let mut checks = IndexMap::new();
    checks.insert("customers".to_owned(), Check { fail_below: Some(1.0), ..check(Metric::Customers, "") });
    if let Some((name, _)) = schemes.iter().find(|(_, scheme)| scheme.kind == SchemeKind::Strategic) {
        let unlabelled = Check { warn: Some(UNLABELLED_WARN), ..check(Metric::NullRate, name) };
        checks.insert("unlabelled".to_owned(), unlabelled);
    }
    Monitor { baseline: Baseline::Accepted, features: Vec::new(), checks, targets: BTreeMap::new() }
}
