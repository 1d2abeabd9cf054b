//! `company_size` as a criterion.

use segmenta_plugin_sdk::prelude::*;

use crate::size::{Company, LABELS, Scheme};

/// Options of a `[criteria.*]` table with `plugin = "company_size"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// What decides the size.
    #[serde(default)]
    pub scheme: Scheme,
}

/// Company size by staff and turnover.
#[derive(Debug)]
pub struct CompanySize {
    scheme: Scheme,
}

impl Criterion for CompanySize {
    const NAME: &'static str = "company_size";
    const SUMMARY: &'static str = "Company size by staff and turnover";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        let figure = |name, meaning| {
            let numeric = [Type::Float64, Type::Int64, Type::Int32, Type::Decimal128];
            Input::new(name, &numeric).nullable().optional().describe(meaning)
        };
        vec![
            figure("employees", "Staff in annual work units, of the whole group; 0 or more."),
            figure("turnover", "Turnover of a year in EUR, of the whole group; 0 or more."),
            figure("balance_sheet", "Balance sheet total in EUR, of the whole group; 0 or more."),
        ]
    }

    fn bind(options: Options, inputs: &Inputs) -> Result<(Self, Outputs)> {
        let needed: &[&str] = match options.scheme {
            Scheme::Employees => &["employees"],
            Scheme::Turnover => &["turnover"],
            Scheme::EuSme2003361 => &["employees", "turnover"],
        };
        if let Some(missing) = needed.iter().find(|name| !inputs.has(name)) {
            return Err(Error::schema(*missing, "must be bound for this scheme"));
        }
        let outputs = Outputs::label(Some(LABELS.map(str::to_owned).to_vec()));
        Ok((Self { scheme: options.scheme }, outputs))
    }

    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let employees = Figure::new(batch, "employees")?;
        let turnover = Figure::new(batch, "turnover")?;
        let balance_sheet = Figure::new(batch, "balance_sheet")?;
        let mut labels = StringBuilder::with_capacity(batch.rows(), batch.rows() * 6);
        for row in 0..batch.rows() {
            let company = Company {
                employees: employees.at(row)?,
                turnover: turnover.at(row)?,
                balance_sheet: balance_sheet.at(row)?,
            };
            labels.append_option(self.scheme.label(company));
        }
        Ok(vec![Arc::new(labels.finish())])
    }
}

/// One of the inputs, which may not be bound.
struct Figure {
    name: &'static str,
    column: Option<Float64Array>,
}

impl Figure {
    fn new(batch: &Batch, name: &'static str) -> Result<Self> {
        let column = if batch.has(name) { Some(batch.f64(name)?) } else { None };
        Ok(Self { name, column })
    }

    /// # Errors
    /// [`Error::Data`] for a value that is negative or not finite.
    fn at(&self, row: usize) -> Result<Option<f64>> {
        let Some(column) = self.column.as_ref().filter(|column| column.is_valid(row)) else {
            return Ok(None);
        };
        let value = column.value(row);
        if value.is_finite() && value >= 0.0 {
            return Ok(Some(value));
        }
        Err(Error::data(self.name, row, format!("{value} is not a finite number of 0 or more")))
    }
}
