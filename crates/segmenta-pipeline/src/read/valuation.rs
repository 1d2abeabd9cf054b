//! `[valuation]`: what each entity and segment is worth.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields, Problems};
use crate::model::{ColumnType, Node, Potential, SqlExpr, VALUE_COLUMNS, Valuation};
use crate::read::reader::Reader;
use crate::scope::{KnownColumn, Scope};
use crate::tree::Kind;

impl Reader<'_> {
    pub(super) fn valuation(&mut self, file: &mut Fields<'_>) -> Option<Valuation> {
        let mut fields = self.section(file, "valuation")?;
        let currency = fields.required("currency", &mut self.problems);
        let currency = currency.and_then(|field| currency_code(field, &mut self.problems)).unwrap_or_default();
        let revenue = fields.required("revenue", &mut self.problems).map(|field| self.value_expression(field));
        let mut cost = |reader: &mut Self, key| fields.optional(key).map(|field| reader.value_expression(field));
        let goods_cost = cost(self, "goods_cost");
        let order_cost = cost(self, "order_cost");
        let cost_to_serve = cost(self, "cost_to_serve");
        let potential = fields.optional("potential").and_then(|field| self.potential(field));
        if let Some(field) = fields.optional("clv") {
            self.refuse_lifetime_value(field);
        }
        fields.optional("description");
        let span = fields.span.clone();
        fields.finish(&mut self.problems);
        for name in VALUE_COLUMNS {
            let producer = Some(Node::Valuation);
            let data_type = Some(ColumnType::Float64);
            self.add_column(name, KnownColumn { data_type, span: span.clone(), labels: None, producer });
        }
        Some(Valuation { currency, revenue: revenue?, goods_cost, order_cost, cost_to_serve, potential })
    }

    fn value_expression(&mut self, field: Field<'_>) -> SqlExpr {
        self.expression(field, &Scope::Profile, Some(&Node::Valuation))
    }

    fn potential(&mut self, field: Field<'_>) -> Option<Potential> {
        let mut fields = field.fields("`potential`", &mut self.problems)?;
        let benchmark = fields.required("benchmark", &mut self.problems);
        let benchmark = benchmark.and_then(|field| quantile(field, &mut self.problems));
        let within = fields.optional("within");
        let within = within.map(|field| self.column_list(field, &Scope::Profile, Some(&Node::Valuation), &[]));
        fields.finish(&mut self.problems);
        Some(Potential { benchmark: benchmark?, within: within.unwrap_or_default() })
    }

    /// The keys of `clv` are checked, so that a file can be written before the models are there.
    fn refuse_lifetime_value(&mut self, field: Field<'_>) {
        let problems = &mut self.problems;
        if let Some(mut fields) = field.fields("`clv`", problems) {
            let models = [("bg_nbd", ()), ("pareto_nbd", ()), ("mbg_nbd", ())];
            for key in ["from", "spend"] {
                fields.optional(key).and_then(|field| field.word(problems));
            }
            fields.required("model", problems).and_then(|field| field.choice(&models, problems));
            let units = [("day", ()), ("week", ()), ("month", ())];
            fields.optional("time_unit").and_then(|field| field.choice(&units, problems));
            fields.required("horizon", problems).and_then(|field| field.calendar_span(problems));
            fields.optional("discount_rate").and_then(|field| field.rate(problems));
            fields.finish(problems);
        }
        let problem = Diagnostic::error(Code::NotAvailable, "lifetime-value models are not available in this version");
        problems.push(problem.at(&field.entry.key, "remove `clv`; the other values are computed without it"));
    }
}

fn currency_code(field: Field<'_>, problems: &mut Problems) -> Option<String> {
    let word = field.word(problems)?;
    if word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Some(word.to_owned());
    }
    let problem = Diagnostic::error(Code::UnknownChoice, format!("`{word}` is no currency code"));
    problems.push(problem.at(field.span(), "three capital letters of ISO 4217, such as \"EUR\""));
    None
}

/// `"p75"` or `0.75`.
fn quantile(field: Field<'_>, problems: &mut Problems) -> Option<f64> {
    let quantile = match &field.value().kind {
        Kind::String(text) => {
            let percentile = text.text.strip_prefix('p').and_then(|digits| digits.parse::<u8>().ok());
            percentile.map(|percentile| f64::from(percentile) / 100.0)
        }
        Kind::Float(float) => Some(*float),
        Kind::Faulty => return None,
        _ => None,
    };
    let inside = quantile.filter(|quantile| (0.0..=1.0).contains(quantile));
    if inside.is_none() {
        field.out_of_range("a percentile such as \"p75\" or 0.75", problems);
    }
    inside
}
