//! The results that every program prints or writes, in one shape.

use std::collections::BTreeMap;
use std::path::Path;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde::Deserialize;
use serde_json::Value;

use crate::error::Error;

/// The results of the main job as of the second date.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Figures {
    /// Customers by segment.
    pub(crate) segments: BTreeMap<String, u64>,
    /// Revenue share of the best fifth, 0 to 1.
    pub(crate) top20: f64,
    /// Gini coefficient of revenue.
    pub(crate) gini: f64,
    /// Population stability index of recency, orders and revenue.
    pub(crate) psi: BTreeMap<String, f64>,
    /// Customers by segment at the first and the second date; moves nobody made are left out.
    pub(crate) migration: BTreeMap<(String, String), u64>,
}

/// What the hand-written programs print.
#[derive(Debug, Deserialize)]
struct Printed {
    segments: BTreeMap<String, u64>,
    top20: f64,
    gini: f64,
    psi: BTreeMap<String, f64>,
}

/// Reads the dictionary a hand-written program prints, and its `migration.parquet`.
pub(crate) fn of_peer(printed: &str, migration: &Path) -> Result<Figures, Error> {
    let Printed { segments, top20, gini, psi } = parse_printed(printed)?;
    Ok(Figures { segments, top20, gini, psi, migration: read_migration(migration)? })
}

fn parse_printed(printed: &str) -> Result<Printed, Error> {
    let line = printed.lines().rfind(|line| line.starts_with('{')).unwrap_or_default();
    // A Python dictionary of texts and numbers is JSON but for its quotes and NumPy's type names.
    let json = line.replace('\'', "\"").replace("np.float64(", "").replace(')', "");
    serde_json::from_str(&json).map_err(|source| Error::Json { what: format!("the printed results `{line}`"), source })
}

/// Reads `from`, `to`, `customers`, the first three columns whatever their names.
fn read_migration(path: &Path) -> Result<BTreeMap<(String, String), u64>, Error> {
    let file = std::fs::File::open(path).map_err(Error::file(path))?;
    let reader = SerializedFileReader::new(file).map_err(Error::parquet(path))?;
    let mut moves = BTreeMap::new();
    for row in reader.get_row_iter(None).map_err(Error::parquet(path))? {
        let row = row.map_err(Error::parquet(path))?;
        let fields: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
        let [Field::Str(from), Field::Str(to), customers] = fields[..] else {
            return Err(Error::Missing { what: "from, to, customers".to_owned(), place: path.display().to_string() });
        };
        moves.insert((from.clone(), to.clone()), whole(customers, path)?);
    }
    Ok(moves)
}

fn whole(field: &Field, path: &Path) -> Result<u64, Error> {
    match field {
        Field::Long(number) => u64::try_from(*number).ok(),
        Field::Int(number) => u64::try_from(*number).ok(),
        Field::UInt(number) => Some(u64::from(*number)),
        Field::ULong(number) => Some(*number),
        _ => None,
    }
    .ok_or_else(|| Error::Missing { what: "a number of customers".to_owned(), place: path.display().to_string() })
}

/// Reads the same results from our `report.json`; `psi` is that of customers with orders.
pub(crate) fn of_report(report: &Value, psi: BTreeMap<String, f64>) -> Result<Figures, Error> {
    let scheme = named(&report["schemes"], "name", "value").ok_or_else(|| missing("scheme `value`"))?;
    let segments = scheme["segments"].as_array().ok_or_else(|| missing("list of segments"))?;
    let top = report["concentration"]["value"]["top_shares"].as_array().ok_or_else(|| missing("top shares"))?;
    let fifth = top.iter().find(|entry| entry["top"] == 0.2).ok_or_else(|| missing("share of the top 20 %"))?;
    Ok(Figures {
        segments: segments.iter().map(segment).collect::<Result<_, _>>()?,
        top20: number(&fifth["share"], "share of the top 20 %")?,
        gini: number(&report["concentration"]["value"]["gini"]["value"], "Gini coefficient")?,
        psi,
        migration: migration(&scheme["migration"]["value"])?,
    })
}

fn segment(segment: &Value) -> Result<(String, u64), Error> {
    let name = segment["name"].as_str().ok_or_else(|| missing("segment name"))?;
    let customers = segment["customers"].as_u64().ok_or_else(|| missing("segment size"))?;
    Ok((name.to_owned(), customers))
}

fn migration(migration: &Value) -> Result<BTreeMap<(String, String), u64>, Error> {
    let labels: Vec<&str> = list(&migration["labels"])?.iter().filter_map(Value::as_str).collect();
    let mut moves = BTreeMap::new();
    for (from, row) in labels.iter().zip(list(&migration["matched"])?) {
        for (to, customers) in labels.iter().zip(list(row)?) {
            let customers = customers.as_u64().ok_or_else(|| missing("number of customers in the migration"))?;
            if customers > 0 {
                moves.insert(((*from).to_owned(), (*to).to_owned()), customers);
            }
        }
    }
    Ok(moves)
}

fn list(value: &Value) -> Result<&Vec<Value>, Error> {
    value.as_array().ok_or_else(|| missing("migration"))
}

fn number(value: &Value, what: &str) -> Result<f64, Error> {
    value.as_f64().ok_or_else(|| missing(what))
}

fn named<'a>(list: &'a Value, key: &str, name: &str) -> Option<&'a Value> {
    list.as_array()?.iter().find(|entry| entry[key] == name)
}

fn missing(what: &str) -> Error {
    Error::Missing { what: what.to_owned(), place: "report.json".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_python_prints() {
        let text = "noise\n{'segments': {'loyal': 3, 'lost': 2}, 'top20': np.float64(0.5), 'gini': 0.25, \
                    'inertia': 1.5, 'psi': {'recency': 1e-05}}\n";
        let printed = parse_printed(text).unwrap();
        assert_eq!(printed.segments, BTreeMap::from([("loyal".to_owned(), 3), ("lost".to_owned(), 2)]));
        assert_eq!((printed.top20, printed.gini, printed.psi["recency"]), (0.5, 0.25, 1e-5));
    }

    #[test]
    fn reads_a_report() {
        let report = serde_json::json!({
            "schemes": [{
                "name": "value",
                "segments": [{"name": "a", "customers": 4}, {"name": "b", "customers": 6}],
                "migration": {"value": {"labels": ["a", "b"], "matched": [[3, 0], [1, 6]]}},
            }],
            "concentration": {"value": {"gini": {"value": 0.5}, "top_shares": [{"top": 0.2, "share": 0.75}]}},
        });
        let psi = BTreeMap::from([("revenue".to_owned(), 0.01)]);
        let figures = of_report(&report, psi).unwrap();
        assert_eq!(figures.segments["b"], 6);
        assert_eq!(figures.migration.len(), 3);
        assert_eq!(figures.migration[&("b".to_owned(), "a".to_owned())], 1);
        assert_eq!((figures.top20, figures.gini, figures.psi["revenue"]), (0.75, 0.5, 0.01));
    }

    #[test]
    fn says_what_a_report_lacks() {
        let error = of_report(&serde_json::json!({"schemes": []}), BTreeMap::new()).unwrap_err();
        assert_eq!(error.to_string(), "no scheme `value` in report.json");
    }
}
