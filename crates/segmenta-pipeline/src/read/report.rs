//! `[report]`: how the page is written.

use crate::fields::Fields;
use crate::model::{Language, Report};
use crate::read::reader::Reader;

const LANGUAGES: [(&str, Language); 3] = [("en", Language::En), ("hu", Language::Hu), ("pl", Language::Pl)];

/// Below ten people a figure of a group may point at a person.
const SMALLEST_GROUP: u64 = 10;

impl Reader<'_> {
    pub(super) fn report(&mut self, file: &mut Fields<'_>) -> Report {
        let mut report = Report { language: Language::default(), smallest_group: SMALLEST_GROUP };
        let Some(mut fields) = self.section(file, "report") else {
            return report;
        };
        let problems = &mut self.problems;
        let language = fields.optional("language").and_then(|field| field.choice(&LANGUAGES, problems));
        report.language = language.unwrap_or_default();
        let smallest = fields.optional("smallest_group").and_then(|field| field.whole(1, problems));
        report.smallest_group = smallest.map_or(SMALLEST_GROUP, i64::unsigned_abs);
        fields.finish(problems);
        report
    }
}
