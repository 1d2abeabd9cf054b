//! `age_band` as a criterion.

use segmenta_plugin_sdk::prelude::*;

use crate::bands::Bands;
use crate::calendar::Date;

const BIRTH_DATE: &str = "birth_date";

/// Options of a `[criteria.*]` table with `plugin = "age_band"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// First age of each band but the youngest, in completed years, ascending: `[25, 35]` makes
    /// `<25`, `25-34` and `35+`.
    #[serde(default = "default_bands")]
    pub bands: Vec<u8>,
}

fn default_bands() -> Vec<u8> {
    vec![25, 35, 45, 55, 65]
}

/// Age bands from a birth date.
#[derive(Debug)]
pub struct AgeBand {
    bands: Bands,
}

impl Criterion for AgeBand {
    const NAME: &'static str = "age_band";
    const SUMMARY: &'static str = "Age bands from a birth date";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        let meaning = "Date of birth; not after the run's `as_of`.";
        vec![Input::new(BIRTH_DATE, &[Type::Date32]).nullable().describe(meaning)]
    }

    fn bind(options: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        let bands = Bands::new(options.bands)?;
        let outputs = Outputs::label(Some(bands.labels().to_vec()));
        Ok((Self { bands }, outputs))
    }

    /// The age on the day of `as_of` decides. No birth date gives no label.
    fn apply(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let today = cx.as_of();
        let births = batch.date32(BIRTH_DATE)?;
        let mut labels = StringBuilder::with_capacity(births.len(), births.len() * 5);
        for (row, birth) in births.iter().enumerate() {
            if birth.is_some_and(|birth| birth > today) {
                return Err(Error::data(BIRTH_DATE, row, "is after the run's `as_of`"));
            }
            let age = birth.map(|birth| Date::from_days(birth).age_on(Date::from_days(today)));
            labels.append_option(age.map(|age| self.bands.label(age)));
        }
        Ok(vec![Arc::new(labels.finish())])
    }
}
