//! `run`: one criterion on the rows of a file.

use std::path::Path;

use arrow_array::RecordBatch;
use segmenta_plugin_host::{CriterionInfo, Registry};
use serde_json::Value;

use crate::batches::shown;
use crate::levels::load;
use crate::options::Target;
use crate::{Error, Result, csv_rows};

/// What one criterion made of the rows of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// The columns it read.
    pub rows: RecordBatch,
    /// The columns it wrote, one row per row.
    pub labelled: RecordBatch,
    /// The model it was fitted to, for a person; `None` if it is not fitted.
    pub model: Option<Value>,
    /// Why each row got its result; `None` if it was not asked, or the criterion does not say.
    pub reasons: Option<Vec<Value>>,
}

/// Whether rows are to be explained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explain {
    /// They are not.
    No,
    /// They are, if the criterion can.
    Yes,
}

/// Binds the criterion called `name` (the only one if `None`), fits it to all rows of the CSV file if
/// it is to be fitted, and applies it to them. `params` is a JSON object.
///
/// # Errors
/// [`Error::NoCriterion`], [`Error::Plugin`], [`Error::File`], [`Error::Content`].
pub fn run(
    target: &Target,
    name: Option<&str>,
    params: &Value,
    csv: &Path,
    as_of_us: i64,
    explain: Explain,
) -> Result<Applied> {
    let registry = load::open(target)?;
    let info = criterion(&registry, name)?;
    let rows = csv_rows::read(csv, info)?;
    let instance = registry.bind(&info.name, params, as_of_us, &rows.schema())?;
    let fitted = info.fit.as_ref().map(|_| instance.fit(std::slice::from_ref(&rows), 1)).transpose()?;
    let model = fitted.map(|fitted| instance.load_model(&fitted.bytes)).transpose()?;
    let labelled = instance.apply(model.as_deref(), &rows)?;
    let wanted = explain == Explain::Yes && info.explain;
    let reasons = wanted.then(|| instance.explain(model.as_deref(), &rows)).transpose()?;
    let model = model.map(|model| model.describe()).transpose()?;
    Ok(Applied { rows, labelled, model, reasons })
}

/// The criterion of this name, or the only one.
pub(crate) fn criterion<'a>(registry: &'a Registry, name: Option<&str>) -> Result<&'a CriterionInfo> {
    let known = || registry.criteria().map(|info| info.name.clone()).collect();
    let mut all = registry.criteria();
    match name {
        Some(name) => {
            registry.criterion(name).ok_or_else(|| Error::NoCriterion { wanted: name.to_owned(), known: known() })
        }
        None => match (all.next(), all.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(Error::NoCriterion { wanted: String::new(), known: known() }),
        },
    }
}

impl Applied {
    /// What was read and written as CSV with a header; null is an empty field.
    ///
    /// # Panics
    /// Never: writing to memory does not fail.
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let columns: Vec<_> = self.rows.columns().iter().chain(self.labelled.columns()).collect();
        let (read, written) = (self.rows.schema(), self.labelled.schema());
        let names = read.fields().iter().chain(written.fields()).map(|field| field.name().clone());
        writer.write_record(names).expect("memory takes every record");
        for row in 0..self.labelled.num_rows() {
            let cell =
                |column: &&arrow_array::ArrayRef| if column.is_null(row) { String::new() } else { shown(column, row) };
            writer.write_record(columns.iter().map(cell)).expect("memory takes every record");
        }
        let bytes = writer.into_inner().expect("memory takes every record");
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::AS_OF_US;

    #[test]
    fn a_file_is_labelled() {
        let folder = tempfile::tempdir().unwrap();
        let csv = folder.path().join("places.csv");
        std::fs::write(&csv, "name,population\na,10\nb,\nc,60\n").unwrap();
        let params = json!({"cuts": {"rural": 20, "town": 50}});
        let target = Target::Linked(settlement::linked());
        let applied = run(&target, None, &params, &csv, AS_OF_US, Explain::No).unwrap();
        assert_eq!(applied.csv(), "population,label\n10,rural\n,\n60,city\n");
        let unknown = run(&target, Some("x"), &params, &csv, AS_OF_US, Explain::No).unwrap_err();
        assert_eq!(unknown.to_string(), "the library has no criterion `x`; it has settlement");
    }
}
