//! `[strategy.exceptions]`: terms of single entities, signed off by a person, with an end date.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::AsArray;
use arrow::compute::cast;
use arrow::datatypes::DataType;
use datafusion::common::Result as PlanResult;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use jiff::civil::Date;

use super::{Decided, TERMS};
use crate::profile::Profile;
use crate::{AsOf, Error, Result};

/// One line of the file. Empty fields leave the term to the segment.
#[derive(Debug, Clone, PartialEq)]
struct Exception {
    owner: String,
    terms: BTreeMap<&'static str, String>,
}

/// The exceptions in force at the run's `as_of`, by entity key as text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Exceptions {
    by_key: Arc<BTreeMap<String, Exception>>,
    expired: u64,
}

/// How many exceptions were used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ExceptionUse {
    pub(crate) applied: u64,
    pub(crate) expired: u64,
    pub(crate) unmatched: u64,
}

impl Exceptions {
    /// Reads the CSV; `until` is the last date an exception holds.
    ///
    /// # Errors
    /// [`Error::Exceptions`] with the line for a missing owner, reason or date, an unreadable
    /// term, or a second line in force for one entity.
    pub(crate) fn read(path: &Path, key: &str, as_of: AsOf) -> Result<Self> {
        let fail = |line, message: String| Error::Exceptions { path: path.to_owned(), line, message };
        let mut reader = csv::ReaderBuilder::new()
            .trim(csv::Trim::All)
            .from_reader(File::open(path).map_err(|source| Error::Io { path: path.to_owned(), source })?);
        let header = reader.headers().map_err(|error| fail(1, error.to_string()))?.clone();
        let mut by_key = BTreeMap::new();
        let mut expired = 0;
        for record in reader.records() {
            let record = record.map_err(|error| fail(line_of(error.position()), error.to_string()))?;
            let line = line_of(record.position());
            let fields = record.deserialize(Some(&header)).map_err(|error| fail(line, error.to_string()))?;
            let (entity, until, exception) = parse(&fields, key).map_err(|message| fail(line, message))?;
            if until < as_of.date() {
                expired += 1;
            } else if by_key.insert(entity.clone(), exception).is_some() {
                return Err(fail(line, format!("`{entity}` already has an exception in force")));
            }
        }
        Ok(Self { by_key: Arc::new(by_key), expired })
    }

    /// The term of the exception of the entity with this key; null without one.
    pub(crate) fn term(&self, term: &'static str, key: Expr) -> Result<Option<Decided>> {
        if self.by_key.is_empty() {
            return Ok(None);
        }
        let look_up = |part: Part| {
            let signature = Signature::any(1, Volatility::Immutable);
            ScalarUDF::from(LookUp { by_key: Arc::clone(&self.by_key), term, part, signature }).call(vec![key.clone()])
        };
        Ok(Some(Decided { value: look_up(Part::Value), decided_by: look_up(Part::DecidedBy) }))
    }

    /// How many lines found their entity in the profile.
    pub(crate) fn used(&self, profile: &Profile, key: &str) -> Result<ExceptionUse> {
        let mut applied = 0;
        for chunk in profile.column(key)? {
            let keys = cast(chunk, &DataType::Utf8)?;
            applied +=
                keys.as_string::<i32>().iter().flatten().filter(|key| self.by_key.contains_key(*key)).count() as u64;
        }
        Ok(ExceptionUse { applied, expired: self.expired, unmatched: self.by_key.len() as u64 - applied })
    }
}

fn line_of(position: Option<&csv::Position>) -> usize {
    position.map_or(1, |position| usize::try_from(position.line()).unwrap_or(usize::MAX))
}

fn parse(fields: &BTreeMap<String, String>, key: &str) -> Result<(String, Date, Exception), String> {
    let known = |name: &str| name == key || TERMS.contains(&name) || ["owner", "reason", "until"].contains(&name);
    if let Some(unknown) = fields.keys().find(|name| !known(name)) {
        return Err(format!("unknown column `{unknown}`; known are {key}, {}, owner, reason, until", TERMS.join(", ")));
    }
    let required = |name: &str| match fields.get(name).filter(|text| !text.is_empty()) {
        Some(text) => Ok(text.clone()),
        None => Err(format!("`{name}` is missing; every exception names its {key}, owner, reason and until")),
    };
    required("reason")?;
    let until = required("until")?;
    let until = until.parse().map_err(|_| format!("`{until}` is not a date like 2026-12-31"))?;
    let mut terms = BTreeMap::new();
    for term in TERMS {
        if let Some(text) = fields.get(term).filter(|text| !text.is_empty()) {
            terms.insert(term, check_term(term, text)?);
        }
    }
    Ok((required(key)?, until, Exception { owner: required("owner")?, terms }))
}

/// The term as plain text that the column's type reads back.
fn check_term(term: &str, text: &str) -> Result<String, String> {
    match term {
        "discount" => {
            let share = match text.strip_suffix('%') {
                Some(percent) => percent.trim().parse::<f64>().map(|percent| percent / 100.0),
                None => text.parse::<f64>(),
            };
            let share = share.ok().filter(|share| (0.0..=1.0).contains(share));
            share
                .map(|share| share.to_string())
                .ok_or(format!("discount `{text}` is not between 0 and 1 or 0% and 100%"))
        }
        "payment_days" | "priority" => match text.parse::<u32>() {
            Ok(_) => Ok(text.to_owned()),
            Err(_) => Err(format!("{term} `{text}` is not a whole number")),
        },
        _ => Ok(text.to_owned()),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    Value,
    DecidedBy,
}

/// Looks one term up by entity key.
#[derive(Debug)]
struct LookUp {
    by_key: Arc<BTreeMap<String, Exception>>,
    term: &'static str,
    part: Part,
    signature: Signature,
}

impl LookUp {
    fn identity(&self) -> (*const BTreeMap<String, Exception>, &str, Part) {
        (Arc::as_ptr(&self.by_key), self.term, self.part)
    }
}

impl PartialEq for LookUp {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for LookUp {}

impl std::hash::Hash for LookUp {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl ScalarUDFImpl for LookUp {
    fn name(&self) -> &str {
        match self.part {
            Part::Value => "exception_value",
            Part::DecidedBy => "exception_owner",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> PlanResult<DataType> {
        Ok(match (self.part, self.term) {
            (Part::Value, "discount") => DataType::Float64,
            (Part::Value, "payment_days" | "priority") => DataType::Int64,
            _ => DataType::Utf8,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> PlanResult<ColumnarValue> {
        let keys = args.args[0].to_array(args.number_rows)?;
        let keys = cast(&keys, &DataType::Utf8)?;
        let found = keys.as_string::<i32>().iter().map(|key| {
            let exception = self.by_key.get(key?)?;
            let value = exception.terms.get(self.term)?;
            Some(match self.part {
                Part::Value => value.clone(),
                Part::DecidedBy => format!("exception:{}", exception.owner),
            })
        });
        let text: arrow::array::StringArray = found.collect();
        Ok(ColumnarValue::Array(cast(&text, args.return_type())?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{as_of, profile};
    use arrow::array::Int64Array;

    fn read(text: &str) -> Result<Exceptions> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Exceptions::read(file.path(), "id", as_of())
    }

    #[test]
    fn every_bad_line_is_named_with_what_is_wrong() {
        let needed = |name: &str| format!("`{name}` is missing; every exception names its id, owner, reason and until");
        for (line, expected) in [
            (",0.1,30,eve,contract,2027-01-01", needed("id")),
            ("8,0.1,30, ,contract,2027-01-01", needed("owner")),
            ("8,0.1,30,eve,,2027-01-01", needed("reason")),
            ("8,0.1,30,eve,contract,", needed("until")),
            ("8,0.1,30,eve,contract,soon", "`soon` is not a date like 2026-12-31".into()),
            ("8,120%,30,eve,contract,2027-01-01", "discount `120%` is not between 0 and 1 or 0% and 100%".into()),
            ("8,12,30,eve,contract,2027-01-01", "discount `12` is not between 0 and 1 or 0% and 100%".into()),
            ("8,NaN,30,eve,contract,2027-01-01", "discount `NaN` is not between 0 and 1 or 0% and 100%".into()),
            ("8,0.1,-1,eve,contract,2027-01-01", "payment_days `-1` is not a whole number".into()),
            ("7,0.1,30,eve,contract,2027-01-01", "`7` already has an exception in force".into()),
        ] {
            let text = format!("id,discount,payment_days,owner,reason,until\n7,,,eve,contract,2027-01-01\n{line}\n");
            let Error::Exceptions { line: at, message, .. } = read(&text).unwrap_err() else { panic!("{line}") };
            assert_eq!((at, message), (3, expected), "{line}");
        }
    }

    #[test]
    fn a_column_that_is_no_term_is_refused() {
        let error = read("id,rebate,owner,reason,until\n7,1,eve,contract,2027-01-01\n").unwrap_err().to_string();
        assert!(error.contains("line 2: unknown column `rebate`"), "{error}");
    }

    #[test]
    fn a_line_that_has_ended_is_counted_and_frees_its_place() {
        let text = "id,discount,owner,reason,until\n\
                    7,0.1,eve,contract,2026-06-30\n\
                    7,0.2,eve,contract,2026-07-01\n\
                    9,0.2,eve,contract,2026-12-31\n";
        let exceptions = read(text).unwrap();
        let profile = profile(vec![("id", Arc::new(Int64Array::from(vec![6, 7])))]);
        let used = exceptions.used(&profile, "id").unwrap();
        assert_eq!(used, ExceptionUse { applied: 1, expired: 1, unmatched: 1 });
        assert_eq!(exceptions.by_key["7"].terms["discount"], "0.2");
    }

    #[test]
    fn percent_and_share_are_the_same_term() {
        assert_eq!(check_term("discount", "25 %"), Ok("0.25".to_owned()));
        assert_eq!(check_term("discount", "0.25"), Ok("0.25".to_owned()));
    }
}
