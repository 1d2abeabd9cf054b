//! A criterion that can be bound, with rows it can do something with.

use std::sync::Arc;

use arrow_array::{ArrayRef, ListArray, RecordBatch, RecordBatchOptions};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::{Field, Schema};
use segmenta_plugin_host::{CriterionInfo, Error, InputInfo, Instance, Model, Registry, Repeat, Type};
use serde_json::Value;

use crate::batches::{difference, taken};
use crate::generate::{Filling, Nulls, Values, hash};
use crate::options::{Fixture, FixtureRows, Options};
use crate::report::Difference;
use crate::{csv_rows, params};

/// Columns bound to an input that takes a list of columns.
const MANY: usize = 3;
/// Rows that show whether a criterion can be used.
const TRIAL_ROWS: u64 = 60;

/// A criterion with options, columns and a source of rows.
pub(crate) struct Subject<'a> {
    pub(crate) registry: &'a Registry,
    pub(crate) info: &'a CriterionInfo,
    pub(crate) params: Value,
    pub(crate) columns: Vec<Column>,
    pub(crate) options: &'a Options,
    /// Rows of a fixture, repeated as often as needed.
    fixture: Option<RecordBatch>,
    /// Whether made-up rows hold nulls.
    nulls: Nulls,
}

/// A column bound to an input.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// Place of its input in `describe`.
    pub(crate) input: usize,
    pub(crate) kind: Type,
}

/// A criterion ready to be applied.
pub(crate) struct Ready {
    pub(crate) instance: Arc<Instance>,
    pub(crate) model: Option<Arc<Model>>,
}

impl Ready {
    pub(crate) fn apply(&self, batch: &RecordBatch) -> Result<RecordBatch, Error> {
        self.instance.apply(self.model.as_deref(), batch)
    }
}

impl<'a> Subject<'a> {
    /// Finds options, columns and rows that the criterion takes.
    ///
    /// # Errors
    /// What the criterion said to the last attempt.
    pub(crate) fn find(
        registry: &'a Registry,
        info: &'a CriterionInfo,
        options: &'a Options,
    ) -> Result<Self, Difference> {
        let fixture = options.fixtures.iter().find(|fixture| fixture.is_for(&info.name));
        let params = fixture.map_or_else(|| params::minimal(&info.params), |fixture| fixture.params.clone());
        let rows = fixture.map(|fixture| fixture_rows(fixture, info)).transpose()?.flatten();
        let mut last = None;
        for columns in column_sets(info, rows.as_ref()) {
            for nulls in [Nulls::Some, Nulls::None] {
                let subject = Self {
                    registry,
                    info,
                    params: params.clone(),
                    columns: columns.clone(),
                    options,
                    fixture: rows.clone(),
                    nulls,
                };
                match subject.trial() {
                    Ok(()) => return Ok(subject),
                    Err(error) => last = Some(error),
                }
            }
        }
        let error = last.expect("there is at least one set of columns");
        Err(Difference::new(
            format!("options {params} and made-up rows, or those of a fixture, can be used"),
            format!("{}: {error}", error.code()),
            "give rows with `--rows FILE.csv` and options with `--param NAME=VALUE`",
        ))
    }

    /// What differs between two results of one model by more than the criterion allows, for a person.
    pub(crate) fn difference(&self, expected: &RecordBatch, came: &RecordBatch) -> Option<String> {
        difference(expected, came, self.info.repeat)
    }

    /// As [`Subject::difference`], of two fits to the same rows.
    pub(crate) fn difference_of_fits(&self, expected: &RecordBatch, came: &RecordBatch) -> Option<String> {
        difference(expected, came, self.repeat_of_fits())
    }

    /// How alike the rows of two fits are: the weaker promise of fit and rows.
    pub(crate) fn repeat_of_fits(&self) -> Repeat {
        let fit = self.info.fit.as_ref().map_or(Repeat::Bitwise, |fit| fit.repeat);
        match (self.info.repeat, fit) {
            (Repeat::Never, _) | (_, Repeat::Never) => Repeat::Never,
            (Repeat::Tolerance(rows), Repeat::Tolerance(fit)) => Repeat::Tolerance(rows.max(fit)),
            (Repeat::Tolerance(share), _) | (_, Repeat::Tolerance(share)) => Repeat::Tolerance(share),
            (Repeat::Bitwise, Repeat::Bitwise) => Repeat::Bitwise,
        }
    }

    /// The same options, columns and rows with the plugin of another registry.
    pub(crate) fn elsewhere(&self, registry: &'a Registry) -> Self {
        let (params, columns, fixture) = (self.params.clone(), self.columns.clone(), self.fixture.clone());
        Self { registry, params, columns, fixture, ..*self }
    }

    /// Binds, fits and applies once.
    fn trial(&self) -> Result<(), Error> {
        let rows = self.range(TRIAL_ROWS);
        self.ready_with(std::slice::from_ref(&rows))?.apply(&rows).map(drop)
    }

    pub(crate) fn schema(&self) -> Schema {
        self.rows(&[]).schema().as_ref().clone()
    }

    pub(crate) fn bind(&self) -> Result<Arc<Instance>, Error> {
        self.registry.bind(&self.info.name, &self.params, self.options.as_of_us, &self.schema())
    }

    /// Bound, and fitted to 1,000 rows in 4 leaves if it is to be fitted.
    pub(crate) fn ready(&self) -> Result<Ready, Error> {
        self.ready_with(&self.leaves(4, 250))
    }

    pub(crate) fn ready_with(&self, leaves: &[RecordBatch]) -> Result<Ready, Error> {
        let instance = self.bind()?;
        let model = match self.info.fit {
            Some(_) => {
                let fitted = instance.fit(leaves, self.options.seed)?;
                Some(instance.load_model(&fitted.bytes)?)
            }
            None => None,
        };
        Ok(Ready { instance, model })
    }

    /// `count` leaves of `rows` rows each.
    pub(crate) fn leaves(&self, count: u64, rows: u64) -> Vec<RecordBatch> {
        (0..count).map(|leaf| self.rows(&(leaf * rows..(leaf + 1) * rows).collect::<Vec<_>>())).collect()
    }

    /// The first rows.
    pub(crate) fn range(&self, count: u64) -> RecordBatch {
        self.rows(&(0..count).collect::<Vec<_>>())
    }

    /// The rows with these numbers. A row is the same in every batch.
    pub(crate) fn rows(&self, numbers: &[u64]) -> RecordBatch {
        match &self.fixture {
            Some(fixture) if fixture.num_rows() > 0 => {
                taken(fixture, numbers.iter().map(|row| row % fixture.num_rows() as u64))
            }
            Some(fixture) => fixture.clone(),
            None => self.made_up(&self.columns, numbers, self.nulls, Values::Ordinary),
        }
    }

    /// Rows of the bound columns, made up even if there is a fixture. Inputs that take no nulls get none.
    pub(crate) fn made_up(&self, columns: &[Column], numbers: &[u64], nulls: Nulls, values: Values) -> RecordBatch {
        self.filled(columns, numbers, |_| (nulls, values))
    }

    /// As [`Subject::made_up`], with nulls and values of each column by its place.
    pub(crate) fn filled(
        &self,
        columns: &[Column],
        numbers: &[u64],
        filling: impl Fn(usize) -> (Nulls, Values),
    ) -> RecordBatch {
        let arrays = columns.iter().enumerate().map(|(at, column)| {
            let (nulls, values) = filling(at);
            let nulls = if self.info.inputs[column.input].nullable { nulls } else { Nulls::None };
            let filling = Filling { salt: at as u64 + 1, nulls, values, as_of_us: self.options.as_of_us };
            if self.info.grouped { lists(&filling, column.kind, numbers) } else { filling.column(column.kind, numbers) }
        });
        let arrays: Vec<ArrayRef> = arrays.collect();
        let fields = columns.iter().zip(&arrays);
        let fields = fields.map(|(column, array)| Field::new(&column.name, array.data_type().clone(), true));
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let rows = RecordBatchOptions::new().with_row_count(Some(numbers.len()));
        RecordBatch::try_new_with_options(schema, arrays, &rows).expect("the columns were made with these rows")
    }

    /// The input of a column.
    pub(crate) fn input(&self, column: &Column) -> &InputInfo {
        &self.info.inputs[column.input]
    }
}

fn fixture_rows(fixture: &Fixture, info: &CriterionInfo) -> Result<Option<RecordBatch>, Difference> {
    match &fixture.rows {
        FixtureRows::Generated => Ok(None),
        FixtureRows::Batch(rows) => Ok(Some(rows.clone())),
        FixtureRows::Csv(path) => csv_rows::read(path, info).map(Some).map_err(|error| {
            Difference::new(
                "the fixture can be read",
                error.to_string(),
                "name its columns as the inputs of the criterion",
            )
        }),
    }
}

/// Sets of columns to try: those of the fixture, or all inputs, then only those that must be there.
fn column_sets(info: &CriterionInfo, fixture: Option<&RecordBatch>) -> Vec<Vec<Column>> {
    if let Some(rows) = fixture {
        return vec![columns_of(info, &rows.schema())];
    }
    let set = |wanted: &dyn Fn(&InputInfo) -> bool| {
        let inputs = info.inputs.iter().enumerate().filter(|(_, input)| wanted(input));
        inputs.flat_map(|(at, input)| columns_for(at, input)).collect::<Vec<_>>()
    };
    vec![set(&|_| true), set(&|input| !input.optional)]
}

fn columns_for(at: usize, input: &InputInfo) -> Vec<Column> {
    let kind = input.types.first().copied().expect("an input has at least one type");
    let name = |name: String| Column { name, input: at, kind };
    if input.many {
        (0..MANY).map(|place| name(format!("{}.{place}", input.name))).collect()
    } else {
        vec![name(input.name.clone())]
    }
}

/// The inputs that the columns of a fixture are bound to.
fn columns_of(info: &CriterionInfo, schema: &Schema) -> Vec<Column> {
    let bound = schema.fields().iter().filter_map(|field| {
        let name = field.name();
        let base = |input: &InputInfo| name.strip_prefix(input.name.as_str()).and_then(|rest| rest.strip_prefix('.'));
        let is = |input: &InputInfo| if input.many { base(input).is_some() } else { *name == input.name };
        let input = info.inputs.iter().position(is)?;
        let kind = info.inputs[input].types.first().copied()?;
        Some(Column { name: name.clone(), input, kind })
    });
    bound.collect()
}

/// One list for each row, of the same length in every column; some rows have none.
fn lists(filling: &Filling, kind: Type, rows: &[u64]) -> ArrayRef {
    let lengths: Vec<usize> = rows.iter().map(|row| (hash(0, *row) % 5) as usize).collect();
    let items = rows.iter().zip(&lengths).flat_map(|(row, length)| (0..*length as u64).map(move |item| row * 8 + item));
    let values = filling.column(kind, &items.collect::<Vec<_>>());
    let valid: NullBuffer = rows.iter().zip(&lengths).map(|(row, length)| *length > 0 || row % 2 == 0).collect();
    let item = Arc::new(Field::new_list_field(values.data_type().clone(), true));
    Arc::new(ListArray::new(item, OffsetBuffer::from_lengths(lengths), values, Some(valid)))
}
