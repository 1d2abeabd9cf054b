//! What a segment gets: discount, payment days, priority, channels, service, offer.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields, Problems};
use crate::model::Terms;
use crate::read::reader::Reader;
use crate::tree::Kind;

impl Reader<'_> {
    /// One table of terms.
    pub(super) fn terms(&mut self, field: Field<'_>, owner: String) -> Terms {
        let mut terms = Terms::default();
        let Some(mut fields) = field.fields(owner, &mut self.problems) else {
            return terms;
        };
        fill(&mut terms, &mut fields, &mut self.problems);
        if fields.rest().next().is_none() && terms == Terms::default() && is_empty(field) {
            let problem = Diagnostic::error(Code::EmptyValue, format!("{} has no terms", fields.owner));
            self.problems.push(problem.at(field.span(), "say what the customers get"));
        }
        fields.finish(&mut self.problems);
        terms
    }
}

fn is_empty(field: Field<'_>) -> bool {
    matches!(&field.value().kind, Kind::Table(table) if table.entries.is_empty())
}

fn fill(terms: &mut Terms, fields: &mut Fields<'_>, problems: &mut Problems) {
    terms.discount = fields.optional("discount").and_then(|field| field.rate(problems));
    terms.payment_days = fields.optional("payment_days").and_then(|field| field.whole(0, problems));
    terms.priority = fields.optional("priority").and_then(|field| field.whole(1, problems));
    let channels = fields.optional("channels").and_then(|field| field.one_or_some(problems));
    terms.channels = channels.map(|channels| channels.into_iter().map(|(name, _)| name.to_owned()).collect());
    terms.service = fields.optional("service").and_then(|field| field.word(problems)).map(str::to_owned);
    terms.offer = fields.optional("offer").and_then(|field| field.word(problems)).map(str::to_owned);
}
