//! What is visible at `as_of`.

use arrow::array::{ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use segmenta_pipeline::model::Source;

use super::check::failing;
use super::fates::Fates;
use crate::accounting::Tally;
use crate::columnar::retype::without_zone;
use crate::contract::Contract;
use crate::error::{Error, Result};
use crate::plan::ScanOptions;

/// Filters by time, in the order in which they are tried.
#[derive(Debug)]
pub(crate) struct TimeFilters {
    as_of_us: i64,
    window_start_us: Option<i64>,
    filters: Vec<TimeFilter>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum TimeFilter {
    /// Keeps instants before `as_of`.
    EventTime(usize),
    /// Keeps instants at or after the window's start.
    Window(usize),
    /// Keeps what was known before `as_of`.
    KnownAt(usize),
    /// Keeps rows valid at `as_of`.
    Validity { from: usize, to: usize },
}

impl TimeFilter {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::EventTime(_) => "event_time",
            Self::Window(_) => "window",
            Self::KnownAt(_) => "known_at",
            Self::Validity { .. } => "validity",
        }
    }

    fn columns(self) -> Vec<usize> {
        match self {
            Self::EventTime(column) | Self::Window(column) | Self::KnownAt(column) => vec![column],
            Self::Validity { from, to } => vec![from, to],
        }
    }
}

impl TimeFilters {
    /// # Errors
    /// A named column does not exist or holds no time.
    pub(crate) fn new(source_name: &str, source: &Source, contract: &Contract, options: &ScanOptions) -> Result<Self> {
        let find = |option, name: &str| time_column(source_name, contract, option, name);
        let mut filters = Vec::new();
        if let Some(name) = &source.event_time {
            filters.push(TimeFilter::EventTime(find("event_time", name)?));
        }
        if let (Some(_), Some(name)) = (options.window_start_us, &source.event_time) {
            filters.push(TimeFilter::Window(find("event_time", name)?));
        }
        if let Some(name) = &source.known_at {
            filters.push(TimeFilter::KnownAt(find("known_at", name)?));
        }
        if let Some(validity) = &source.validity {
            let (from, to) = (find("validity", &validity.from)?, find("validity", &validity.to)?);
            filters.push(TimeFilter::Validity { from, to });
        }
        Ok(Self { as_of_us: options.as_of_us, window_start_us: options.window_start_us, filters })
    }

    pub(crate) fn filters(&self) -> &[TimeFilter] {
        &self.filters
    }

    /// Columns that must be read, with repetitions.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> + '_ {
        self.filters.iter().flat_map(|filter| filter.columns())
    }

    /// The place of `event_time`.
    pub(crate) fn event_column(&self) -> Option<usize> {
        self.filters.iter().find_map(|filter| match filter {
            TimeFilter::EventTime(column) => Some(*column),
            _ => None,
        })
    }

    /// The filter that removes every row whose `event_time` lies in `[least, most]`, if one does.
    pub(crate) fn removes_all(&self, least_us: i64, most_us: i64) -> Option<usize> {
        self.filters.iter().position(|filter| match filter {
            TimeFilter::EventTime(_) => least_us >= self.as_of_us,
            TimeFilter::Window(_) => self.window_start_us.is_some_and(|start| most_us < start),
            _ => false,
        })
    }

    /// Removes what is not visible. A null in a nullable instant column shows nothing and is removed
    /// with the rest; where null is forbidden it is left to the contract, as is a cell that cannot be
    /// read. An open end of validity is null.
    pub(crate) fn apply<'a>(
        &self,
        column_at: impl Fn(usize) -> &'a ArrayRef,
        contract: &Contract,
        fates: &mut Fates<'_>,
        tally: &mut Tally,
    ) -> Result<()> {
        for (place, filter) in self.filters.iter().enumerate() {
            let removed = match *filter {
                TimeFilter::EventTime(column) | TimeFilter::KnownAt(column) => {
                    let nulls = contract.columns[column].nullable.then_some(column);
                    let early = self.as_of_us;
                    fates.filter_nulls(nulls, nulls.map(&column_at))
                        + fates.filter(unless(column_at(column), |instant| instant < early)?)
                }
                TimeFilter::Window(column) => {
                    let start = self.window_start_us.unwrap_or(i64::MIN);
                    fates.filter(unless(column_at(column), |instant| instant >= start)?)
                }
                TimeFilter::Validity { from, to } => {
                    let as_of = self.as_of_us;
                    fates.filter(unless(column_at(from), |instant| instant <= as_of)?)
                        + fates.filter(unless(column_at(to), |instant| instant > as_of)?)
                }
            };
            tally.remove(place, removed);
        }
        Ok(())
    }
}

fn unless(column: &ArrayRef, holds: impl Fn(i64) -> bool) -> Result<Option<arrow::buffer::BooleanBuffer>> {
    let instants = instants(column)?;
    Ok(failing(instants.as_primitive::<TimestampMicrosecondType>(), holds))
}

/// A date or time column as microseconds, UTC.
pub(crate) fn instants(column: &ArrayRef) -> Result<ArrayRef> {
    Ok(cast(&without_zone(column), &DataType::Timestamp(TimeUnit::Microsecond, None))?)
}

fn time_column(source_name: &str, contract: &Contract, option: &'static str, name: &str) -> Result<usize> {
    let place = contract.place(name).ok_or_else(|| Error::UnknownColumn {
        source_name: source_name.to_owned(),
        option,
        column: name.to_owned(),
    })?;
    let data_type = &contract.columns[place].data_type;
    if matches!(data_type, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)) {
        return Ok(place);
    }
    Err(Error::Option {
        source_name: source_name.to_owned(),
        column: name.to_owned(),
        option,
        value: format!("a column of type {data_type}"),
    })
}
