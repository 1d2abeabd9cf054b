//! `[outputs]`: where and what to publish.

use std::path::PathBuf;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields, unknown_choice};
use crate::model::{Dataset, Outputs, Strategy};
use crate::read::reader::Reader;

const DATASETS: [(&str, Dataset); 7] = [
    ("segments", Dataset::Segments),
    ("segment_summary", Dataset::SegmentSummary),
    ("actions", Dataset::Actions),
    ("worklist", Dataset::Worklist),
    ("drift", Dataset::Drift),
    ("report", Dataset::Report),
    ("quarantine", Dataset::Quarantine),
];

impl Reader<'_> {
    pub(super) fn outputs(&mut self, file: &mut Fields<'_>, strategy: Option<&Strategy>) -> Outputs {
        let possible = DATASETS.iter().map(|(_, dataset)| *dataset);
        let mut outputs = Outputs {
            path: PathBuf::new(),
            keep_runs: None,
            write: possible.filter(|dataset| lacks(*dataset, strategy).is_none()).collect(),
        };
        let Some(mut fields) = self.required_section(file, "outputs") else {
            return outputs;
        };
        let path = fields.required("path", &mut self.problems);
        outputs.path = self.path(path).into();
        outputs.keep_runs = fields.optional("keep").and_then(|field| self.keep_runs(field));
        if let Some(field) = fields.optional("write") {
            outputs.write = self.datasets(field, strategy);
        }
        fields.finish(&mut self.problems);
        outputs
    }

    fn keep_runs(&mut self, field: Field<'_>) -> Option<u64> {
        let mut fields = field.fields("`keep`", &mut self.problems)?;
        let runs = fields.required("runs", &mut self.problems);
        let runs = runs.and_then(|field| field.whole(1, &mut self.problems));
        fields.finish(&mut self.problems);
        runs.map(i64::unsigned_abs)
    }

    fn datasets(&mut self, field: Field<'_>, strategy: Option<&Strategy>) -> Vec<Dataset> {
        let mut datasets = Vec::new();
        for (word, value) in field.some_texts(&mut self.problems).unwrap_or_default() {
            let Some((_, dataset)) = DATASETS.iter().find(|(name, _)| *name == word) else {
                let names = DATASETS.iter().map(|(name, _)| *name);
                self.problems.push(unknown_choice("write", word, &value.span, names));
                continue;
            };
            if let Some(lacking) = lacks(*dataset, strategy) {
                let problem = Diagnostic::error(Code::ConflictingKeys, format!("`{word}` needs {lacking}"));
                self.problems.push(problem.at(&value.span, "there is nothing to write"));
            }
            if !datasets.contains(dataset) {
                datasets.push(*dataset);
            }
        }
        datasets
    }
}

/// What a dataset is made of and the file does not have.
fn lacks(dataset: Dataset, strategy: Option<&Strategy>) -> Option<&'static str> {
    match dataset {
        Dataset::Actions if strategy.is_none() => Some("a `[strategy]`"),
        Dataset::Worklist if strategy.is_none_or(|strategy| strategy.worklist.is_none()) => {
            Some("a `worklist` in `[strategy]`")
        }
        _ => None,
    }
}
