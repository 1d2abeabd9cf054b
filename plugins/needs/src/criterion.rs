//! `needs` as a criterion.

use std::ops::Range;

use segmenta_plugin_sdk::prelude::*;

use crate::main_need::{Statement, summarise};

const NEED: &str = "need";
const VALIDATED: &str = "validated";
const RECORDED_AT: &str = "recorded_at";

/// Options of a `[criteria.*]` table with `plugin = "needs"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Counts only statements whose `validated` is true; a null is not.
    #[serde(default = "yes")]
    pub validated_only: bool,
}

fn yes() -> bool {
    true
}

/// Main need from interviews and evaluation forms.
#[derive(Debug)]
pub struct MainNeed {
    validated_only: bool,
}

impl Criterion for MainNeed {
    const NAME: &'static str = "needs";
    const SUMMARY: &'static str = "Main need from interviews and evaluation forms";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        vec![
            Input::new(NEED, &[Type::Utf8]).nullable().describe("What was stated to be needed."),
            Input::new(VALIDATED, &[Type::Bool])
                .nullable()
                .optional()
                .describe("Whether the statement was validated; needed by `validated_only`."),
            Input::new(RECORDED_AT, &[Type::TimestampUs, Type::Date32])
                .nullable()
                .optional()
                .describe("When it was recorded; decides between equally frequent needs."),
        ]
    }

    fn grouped() -> bool {
        true
    }

    fn bind(options: Options, inputs: &Inputs) -> Result<(Self, Outputs)> {
        let Options { validated_only } = options;
        if validated_only && !inputs.has(VALIDATED) {
            return Err(Error::schema(VALIDATED, "must be bound, or `validated_only` be false"));
        }
        let outputs =
            Outputs::label(None).with("count", DataType::UInt32, true).with("distinct", DataType::UInt32, true);
        Ok((Self { validated_only }, outputs))
    }

    /// An entity without counted statements has no label, and 0 for both figures.
    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let statements = Statements::new(batch, self.validated_only)?;
        let mut labels = StringBuilder::new();
        let mut counts = UInt32Builder::with_capacity(batch.rows());
        let mut distinct = UInt32Builder::with_capacity(batch.rows());
        for entity in 0..batch.rows() {
            let needs = summarise(statements.of(entity)?);
            labels.append_option(needs.main);
            counts.append_value(needs.count);
            distinct.append_value(needs.distinct);
        }
        Ok(vec![Arc::new(labels.finish()), Arc::new(counts.finish()), Arc::new(distinct.finish())])
    }
}

/// The lists of a batch.
struct Statements {
    needs: Lists<StringArray>,
    /// Bound only where it decides.
    validated: Option<Lists<BooleanArray>>,
    recorded: Option<Times>,
}

impl Statements {
    fn new(batch: &Batch, validated_only: bool) -> Result<Self> {
        let validated = if validated_only { Some(batch.list_bool(VALIDATED)?) } else { None };
        let recorded = if batch.has(RECORDED_AT) { Some(Times::new(batch)?) } else { None };
        Ok(Self { needs: batch.list_str(NEED)?, validated, recorded })
    }

    /// The counted statements of an entity.
    ///
    /// # Errors
    /// [`Error::Data`] when its lists are not equally long.
    fn of(&self, entity: usize) -> Result<impl Iterator<Item = Statement<'_>>> {
        let needs = self.needs.range(entity);
        let validated = self.validated.as_ref().map(|lists| lists.range(entity));
        let recorded = self.recorded.as_ref().map(|times| times.range(entity));
        for (name, range) in [(VALIDATED, &validated), (RECORDED_AT, &recorded)] {
            if range.as_ref().is_some_and(|range| range.len() != needs.len()) {
                let problem = format!("has another number of statements than `{NEED}`");
                return Err(Error::data(name, entity, problem));
            }
        }
        let counts = move |nth: usize| match (&self.validated, &validated) {
            (Some(lists), Some(range)) => {
                let at = range.start + nth;
                lists.values().is_valid(at) && lists.values().value(at)
            }
            _ => true,
        };
        let recorded = move |nth: usize| {
            let at = recorded.as_ref()?.start + nth;
            let times = &self.recorded.as_ref()?.values;
            times.is_valid(at).then(|| times.value(at))
        };
        Ok(needs.enumerate().filter_map(move |(nth, at)| {
            let stated = self.needs.values().is_valid(at) && counts(nth);
            stated.then(|| Statement { need: self.needs.values().value(at), recorded: recorded(nth) })
        }))
    }
}

/// When statements were recorded, as numbers that ascend with time.
struct Times {
    lists: ListArray,
    values: Int64Array,
}

impl Times {
    fn new(batch: &Batch) -> Result<Self> {
        let lists = batch.list(RECORDED_AT)?;
        let values = lists.values().as_any();
        let values: Int64Array = if let Some(times) = values.downcast_ref() {
            TimestampMicrosecondArray::iter(times).collect()
        } else if let Some(dates) = values.downcast_ref() {
            Date32Array::iter(dates).map(|date| date.map(i64::from)).collect()
        } else {
            let problem = format!("holds {}, not dates or times", lists.values().data_type());
            return Err(Error::schema(RECORDED_AT, problem));
        };
        Ok(Self { lists, values })
    }

    fn range(&self, entity: usize) -> Range<usize> {
        if self.lists.is_null(entity) {
            return 0..0;
        }
        let offsets = self.lists.value_offsets();
        offsets[entity] as usize..offsets[entity + 1] as usize
    }
}
