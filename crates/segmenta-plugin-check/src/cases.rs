//! Golden cases: options and rows of a criterion with the result they must have.

use std::fs;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use segmenta_plugin_host::{CriterionInfo, Linked, Registry};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::levels::load;
use crate::options::{AS_OF_US, Target};
use crate::{Error, Result, csv_rows, json_rows};

/// What became of one case file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseResult {
    /// The file.
    pub path: PathBuf,
    /// Every way in which the result is not the one expected; empty if it is.
    pub differences: Vec<String>,
    /// Whether the file was written anew.
    pub blessed: bool,
}

/// What to do with a result that is not the one expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bless {
    /// Report it.
    No,
    /// Write it into the case.
    Yes,
}

/// A case file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// Which criterion of the library.
    criterion: String,
    /// The run's date, `2026-06-01` if it is not given. Midnight UTC.
    as_of: Option<String>,
    /// Its options.
    #[serde(default)]
    params: Value,
    /// One table per row; what is left out is null.
    #[serde(default)]
    rows: Vec<Map<String, Value>>,
    /// What must come.
    #[serde(default)]
    expect: Expect,
}

#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expect {
    /// One table per row; what is left out must be null.
    rows: Option<Vec<Map<String, Value>>>,
    /// Code of the error that must come instead.
    error: Option<String>,
}

/// Runs every `*.toml` of a folder, in the order of names. A fitted criterion is fitted to the rows of
/// the case first.
///
/// # Errors
/// [`Error::Plugin`] if the library cannot be loaded, [`Error::File`], [`Error::Content`] for a file that
/// is no case.
pub fn cases(target: &Target, folder: &Path, bless: Bless) -> Result<Vec<CaseResult>> {
    let registry = load::open(target)?;
    files(folder)?.into_iter().map(|path| run(&registry, path, bless)).collect()
}

/// Runs the cases of a folder in the tests of the crate that exports the plugin.
///
/// # Panics
/// If a case does not give what it expects, if a file is no case, and if there is none.
pub fn assert_cases(plugin: Linked, folder: &Path) {
    let results = cases(&Target::Linked(plugin), folder, Bless::No);
    let results = results.unwrap_or_else(|error| panic!("{error}"));
    assert!(!results.is_empty(), "`{}` holds no cases", folder.display());
    let different = results.iter().filter(|result| !result.differences.is_empty());
    let texts: Vec<String> =
        different.map(|result| format!("{}:\n  {}", result.path.display(), result.differences.join("\n  "))).collect();
    assert!(texts.is_empty(), "{}", texts.join("\n"));
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(Error::read(folder))? {
        let path = entry.map_err(Error::read(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}

fn run(registry: &Registry, path: PathBuf, bless: Bless) -> Result<CaseResult> {
    let text = fs::read_to_string(&path).map_err(Error::read(&path))?;
    let case: Case = toml::from_str(&text).map_err(|error| Error::content(&path, error))?;
    let came = came(registry, &case).map_err(|problem| Error::content(&path, problem))?;
    let differences = differences(&case.expect, &came);
    let blessed = bless == Bless::Yes && !differences.is_empty();
    if blessed {
        fs::write(&path, with_expectation(&text, &came)).map_err(Error::written(&path))?;
    }
    Ok(CaseResult { path, differences: if blessed { Vec::new() } else { differences }, blessed })
}

/// What the criterion makes of the case; a text if the case makes no sense.
fn came(registry: &Registry, case: &Case) -> Result<Expect, String> {
    let Some(info) = registry.criterion(&case.criterion) else {
        return Err(format!("the library has no criterion `{}`", case.criterion));
    };
    let as_of_us = case.as_of.as_deref().map_or(Ok(AS_OF_US), midnight_us)?;
    let rows = batch(info, &case.rows)?;
    let params = if case.params.is_null() { Value::Object(Map::new()) } else { case.params.clone() };
    let applied = registry.bind(&case.criterion, &params, as_of_us, &rows.schema()).and_then(|instance| {
        let fitted = info.fit.as_ref().map(|_| instance.fit(std::slice::from_ref(&rows), 1)).transpose()?;
        let model = fitted.map(|fitted| instance.load_model(&fitted.bytes)).transpose()?;
        instance.apply(model.as_deref(), &rows)
    });
    Ok(match applied {
        Ok(out) => Expect { rows: Some(json_rows::rows(&out)), error: None },
        Err(error) => Expect { rows: None, error: Some(error.code().to_owned()) },
    })
}

/// The rows with a column for every input that a row names, and for those that must be there.
fn batch(info: &CriterionInfo, rows: &[Map<String, Value>]) -> Result<RecordBatch, String> {
    let mut names: Vec<String> = Vec::new();
    let inputs = info.inputs.iter().filter(|input| !input.optional && !input.many).map(|input| &input.name);
    for name in rows.iter().flat_map(Map::keys).chain(inputs) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let column = |name: &String| rows.iter().map(|row| row.get(name).and_then(csv_rows::text_of)).collect();
    let columns = names.iter().map(column).collect();
    csv_rows::typed(info, &names, columns, rows.len())
}

/// `2026-06-01` in microseconds since 1970-01-01 UTC.
fn midnight_us(date: &str) -> Result<i64, String> {
    let texts: arrow_array::ArrayRef = std::sync::Arc::new(arrow_array::StringArray::from(vec![date]));
    let days = arrow_cast::cast(&texts, &arrow_schema::DataType::Date32).map_err(|error| error.to_string())?;
    let days = arrow_array::cast::AsArray::as_primitive::<arrow_array::types::Date32Type>(&days);
    match days.iter().next().flatten() {
        Some(days) => Ok(i64::from(days) * 86_400_000_000),
        None => Err(format!("`as_of` is {date:?}, which is no date such as 2026-06-01")),
    }
}

fn differences(expected: &Expect, came: &Expect) -> Vec<String> {
    match (expected, came) {
        (Expect { error: Some(expected), .. }, Expect { error: Some(came), .. }) if expected == came => Vec::new(),
        (Expect { error: Some(expected), .. }, Expect { error, .. }) => {
            let came = error.as_ref().map_or_else(|| "rows came".to_owned(), |code| format!("error `{code}` came"));
            vec![format!("error `{expected}` was expected, {came}")]
        }
        (_, Expect { error: Some(code), .. }) => vec![format!("rows were expected, error `{code}` came")],
        (Expect { rows: Some(expected), .. }, Expect { rows: Some(came), .. }) => row_differences(expected, came),
        _ => vec!["nothing is expected yet; `--bless` writes what came".to_owned()],
    }
}

fn row_differences(expected: &[Map<String, Value>], came: &[Map<String, Value>]) -> Vec<String> {
    if expected.len() != came.len() {
        return vec![format!("{} rows were expected, {} came", expected.len(), came.len())];
    }
    let mut differences = Vec::new();
    for (row, (expected, came)) in expected.iter().zip(came).enumerate() {
        let mut names: Vec<&String> = expected.keys().chain(came.keys()).collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            let (wanted, found) = (expected.get(name).unwrap_or(&Value::Null), came.get(name).unwrap_or(&Value::Null));
            if !equal(wanted, found) {
                differences.push(format!("row {row}: `{name}` is {found}, {wanted} was expected"));
            }
        }
    }
    differences
}

/// `1` and `1.0` are the same number.
fn equal(left: &Value, right: &Value) -> bool {
    left == right || matches!((left.as_f64(), right.as_f64()), (Some(left), Some(right)) if left == right)
}

/// The case with `[expect]` written anew; what stands before it is kept as it is.
fn with_expectation(text: &str, came: &Expect) -> String {
    let before = text.find("\n[expect]").map_or(text, |at| &text[..at]);
    let mut text = before.trim_end().to_owned() + "\n\n[expect]\n";
    match (&came.error, &came.rows) {
        (Some(code), _) => text += &format!("error = {}\n", Value::from(code.as_str())),
        (None, rows) => {
            text += "rows = [\n";
            for row in rows.iter().flatten() {
                text += &format!("  {},\n", inline(row));
            }
            text += "]\n";
        }
    }
    text
}

/// An inline table of what is not null.
fn inline(row: &Map<String, Value>) -> String {
    let members = row.iter().filter(|(_, value)| !value.is_null());
    // A text or number of JSON is one of TOML, and so is a list of them.
    let members: Vec<String> = members.map(|(name, value)| format!("{} = {value}", key(name))).collect();
    if members.is_empty() { "{ }".to_owned() } else { format!("{{ {} }}", members.join(", ")) }
}

fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.bytes().all(bare) { name.to_owned() } else { Value::from(name).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CASE: &str = "# why\ncriterion = \"settlement\"\nparams = { cuts = { rural = 10, town = 20 } }\n\
                        rows = [{ population = 9 }, { population = 20 }, {}]\n";

    fn run_case(text: &str, bless: Bless) -> (CaseResult, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("case.toml");
        fs::write(&path, text).unwrap();
        let target = Target::Linked(settlement::linked());
        let mut results = cases(&target, folder.path(), bless).unwrap();
        (results.remove(0), fs::read_to_string(path).unwrap())
    }

    #[test]
    fn a_case_says_what_differs() {
        let expect = "[expect]\nrows = [{ label = \"rural\" }, { label = \"town\" }, { }]\n";
        let (result, _) = run_case(&format!("{CASE}{expect}"), Bless::No);
        assert_eq!(result.differences, ["row 1: `label` is \"city\", \"town\" was expected"]);
        let (result, _) = run_case(&format!("{CASE}[expect]\nerror = \"data\"\n"), Bless::No);
        assert_eq!(result.differences, ["error `data` was expected, rows came"]);
    }

    #[test]
    fn a_blessed_case_keeps_its_words_and_holds() {
        let (result, text) = run_case(CASE, Bless::Yes);
        assert!(result.blessed);
        let wanted = "\n[expect]\nrows = [\n  { label = \"rural\" },\n  { label = \"city\" },\n  { },\n]\n";
        assert_eq!(text, format!("{CASE}{wanted}"));
        let (result, again) = run_case(&text, Bless::Yes);
        assert_eq!((result.blessed, result.differences.len()), (false, 0));
        assert_eq!(again, text);
    }

    #[test]
    fn an_error_is_expected_by_its_code() {
        let text = CASE.replace("population = 9", "population = -1") + "[expect]\nerror = \"data\"\n";
        assert!(run_case(&text, Bless::No).0.differences.is_empty());
    }
}
