//! `settlement`: kind of place by its number of inhabitants.
use std::collections::BTreeMap;

use segmenta_plugin_sdk::prelude::*;

/// Options of a `[criteria.*]` table with `plugin = "settlement"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Kinds of place with the population they end below, for example
    /// `{ rural = 5_000, town = 50_000 }`: fewer than 5,000 inhabitants are `rural`, from 5,000 to
    /// below 50,000 `town`, and from there on `city`. The bounds decide the order, not the file.
    cuts: BTreeMap<String, i64>,
}

/// The kind of place from the largest cut on.
const LARGEST: &str = "city";

/// Bounds in ascending order, each with the kind of the places below it.
#[derive(Debug)]
pub struct Settlement {
    kinds: Vec<(i64, String)>,
}

impl Criterion for Settlement {
    const NAME: &'static str = "settlement";
    const SUMMARY: &'static str = "Kind of settlement by population: rural, town, city.";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        let population = Input::new("population", &[Type::Int32, Type::Int64]);
        vec![population.nullable().describe("Inhabitants of the place, at least 0.")]
    }

    fn bind(options: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        let mut kinds: Vec<_> = options.cuts.into_iter().map(|(kind, end)| (end, kind)).collect();
        kinds.sort_unstable();
        check(&kinds)?;
        let names = kinds.iter().map(|(_, kind)| kind.clone()).chain([LARGEST.to_owned()]);
        let outputs = Outputs::label(Some(names.collect()));
        Ok((Self { kinds }, outputs))
    }

    /// In: one row per entity. Out: its kind of place, null where the population is.
    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let population = batch.i64("population")?;
        let kind = |(row, inhabitants): (usize, Option<i64>)| match inhabitants {
            Some(below) if below < 0 => Err(Error::data("population", row, "is negative")),
            inhabitants => Ok(inhabitants.map(|inhabitants| self.kind(inhabitants))),
        };
        let kinds: StringArray = population.iter().enumerate().map(kind).collect::<Result<_>>()?;
        Ok(vec![Arc::new(kinds)])
    }
}

impl Settlement {
    fn kind(&self, inhabitants: i64) -> &str {
        let larger = self.kinds.partition_point(|(end, _)| *end <= inhabitants);
        self.kinds.get(larger).map_or(LARGEST, |(_, kind)| kind)
    }
}

/// # Errors
/// [`Error::Param`] unless there are cuts, they are above 0 and differ, and none is called `city`.
fn check(kinds: &[(i64, String)]) -> Result<()> {
    if kinds.is_empty() {
        return Err(Error::param("cuts", "names no kind of place"));
    }
    if kinds.iter().any(|(_, kind)| kind == LARGEST) {
        return Err(Error::param("/cuts/city", "is the kind above all cuts and takes no bound"));
    }
    if let Some((_, kind)) = kinds.iter().find(|(end, _)| *end <= 0) {
        return Err(Error::param(format!("/cuts/{kind}"), "must be above 0"));
    }
    let pairs = kinds.iter().zip(&kinds[1..]);
    match pairs.into_iter().find(|(low, high)| low.0 == high.0) {
        Some((low, high)) => {
            let problem = format!("has the bound of `{}`, so no place can be one", low.1);
            Err(Error::param(format!("/cuts/{}", high.1), problem))
        }
        None => Ok(()),
    }
}

export_plugin!(
    name = "settlement",
    version = env!("CARGO_PKG_VERSION"),
    criteria = [criterion Settlement],
);
