//! `[pipeline]`.

use crate::fields::Fields;
use crate::model::Header;
use crate::names::check_name;
use crate::read::reader::Reader;

impl Reader<'_> {
    pub(super) fn header(&mut self, file: &mut Fields<'_>) -> Header {
        let mut header = Header { name: String::new(), edition: String::new(), description: None, owner: None };
        let Some(mut fields) = self.required_section(file, "pipeline") else {
            return header;
        };
        let problems = &mut self.problems;
        if let Some(name) = fields.required("name", problems)
            && let Some(word) = name.word(problems)
        {
            check_name(word, name.span(), problems);
            header.name = word.to_owned();
        }
        if let Some(edition) = fields.required("edition", problems) {
            edition.choice(&[("2026", ())], problems);
            header.edition = "2026".to_owned();
        }
        header.description = self.free_text(&mut fields, "description");
        header.owner = self.free_text(&mut fields, "owner");
        fields.finish(&mut self.problems);
        header
    }

    /// Text for people.
    pub(super) fn free_text(&mut self, fields: &mut Fields<'_>, key: &'static str) -> Option<String> {
        let text = fields.optional(key)?.text(&mut self.problems)?;
        Some(text.text.clone())
    }
}
