//! What a run leaves for later runs to be compared with.

use std::collections::BTreeMap;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type};
use indexmap::IndexMap;
use rayon::prelude::*;
use segmenta_pipeline::model::Metric;
use segmenta_stats::{BinCounts, Bins, Sample};
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::profile::{Profile, concat_column};
use crate::stage::schemes::counts;
use crate::summary::{Group, MONEY, is_valued, total};
use crate::{Error, Result};

/// Totals, label counts and bins of one run.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct State {
    pub(crate) customers: u64,
    /// Totals of value columns and of the numeric columns that checks name.
    pub(crate) totals: BTreeMap<String, f64>,
    /// Entities without a value in the columns that a check asks it of.
    #[serde(default)]
    pub(crate) n_nulls: BTreeMap<String, u64>,
    /// Entities per label of every scheme and criterion.
    pub(crate) labels: BTreeMap<String, Labels>,
    /// Money per segment of every scheme.
    pub(crate) segments: BTreeMap<String, Vec<SegmentState>>,
    /// Bins of the watched columns, cut from this run's values, with this run's counts.
    pub(crate) features: BTreeMap<String, FeatureState>,
}

/// Entities per label.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Labels {
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) n_nulls: u64,
}

/// One segment of one scheme. Money is in units of the currency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct SegmentState {
    /// `None`: entities without a segment.
    pub(crate) segment: Option<String>,
    pub(crate) customers: u64,
    pub(crate) revenue: Option<f64>,
    pub(crate) margin: Option<f64>,
}

/// A watched column.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct FeatureState {
    /// `None` when the column has no value.
    pub(crate) bins: Option<Bins>,
    pub(crate) counts: BinCounts,
}

/// Bins of a watched column.
const N_BINS: usize = 10;

impl State {
    /// `groups`: those of every scheme, in the schemes' order.
    pub(crate) fn of(context: &Context<'_>, profile: &Profile, groups: &[(String, Vec<Group>)]) -> Result<Self> {
        let pipeline = context.pipeline;
        let mut state = Self { customers: profile.n_rows() as u64, ..Self::default() };
        if is_valued(profile) {
            for name in MONEY {
                state.totals.insert(name.to_owned(), total(profile, name)?);
            }
        }
        for name in numeric_columns_of_checks(context, profile) {
            let sum: segmenta_stats::ExactSum = floats(profile, &name)?.into_iter().flatten().collect();
            state.totals.insert(name, sum.to_f64()?);
        }
        let asked = pipeline.monitor.checks.values().filter(|check| check.metric == Metric::NullRate);
        for name in asked.map(|check| &check.of).filter(|of| profile.has(of)) {
            let n_nulls = profile.column(name)?.iter().map(|chunk| chunk.logical_null_count() as u64).sum();
            state.n_nulls.insert(name.clone(), n_nulls);
        }
        for (scheme, groups) in groups {
            state.segments.insert(scheme.clone(), groups.iter().map(SegmentState::of).collect());
        }
        let labelled: Vec<&String> = pipeline.schemes.keys().chain(pipeline.criteria.keys()).collect();
        state.labels = of_each(&labelled, |name| Labels::of(profile, name))?;
        let watched: Vec<&String> = pipeline.monitor.features.iter().collect();
        state.features = of_each(&watched, |name| FeatureState::of(profile, name))?;
        Ok(state)
    }
}

/// `measure` of every column, in parallel.
fn of_each<T: Send, C: FromIterator<(String, T)>>(
    columns: &[&String],
    measure: impl Fn(&str) -> Result<T> + Sync,
) -> Result<C> {
    let measured: Vec<Result<(String, T)>> =
        columns.par_iter().with_max_len(1).map(|name| Ok(((*name).clone(), measure(name)?))).collect();
    measured.into_iter().collect()
}

/// Columns that a check compares the total of and that are not value columns.
fn numeric_columns_of_checks(context: &Context<'_>, profile: &Profile) -> Vec<String> {
    let checks: &IndexMap<_, _> = &context.pipeline.monitor.checks;
    let changes = checks.values().filter(|check| check.metric == Metric::Change);
    let others = changes.filter(|check| !MONEY.contains(&check.of.as_str()) && profile.has(&check.of));
    others.map(|check| check.of.clone()).collect()
}

impl Labels {
    fn of(profile: &Profile, column: &str) -> Result<Self> {
        let mut labels = Self::default();
        for (label, n) in counts(profile, column)? {
            match label {
                Some(label) => drop(labels.counts.insert(label, n)),
                None => labels.n_nulls = n,
            }
        }
        Ok(labels)
    }

    /// Counts of both sides over the union of their labels, nulls last when either side has some.
    pub(crate) fn aligned<'a>(reference: &'a Self, current: &'a Self) -> Vec<(Option<&'a str>, u64, u64)> {
        let names: std::collections::BTreeSet<&String> = reference.counts.keys().chain(current.counts.keys()).collect();
        let count = |labels: &Self, name: &String| labels.counts.get(name).copied().unwrap_or_default();
        let mut rows: Vec<_> =
            names.into_iter().map(|name| (Some(name.as_str()), count(reference, name), count(current, name))).collect();
        if reference.n_nulls + current.n_nulls > 0 {
            rows.push((None, reference.n_nulls, current.n_nulls));
        }
        rows
    }
}

impl SegmentState {
    fn of(group: &Group) -> Self {
        Self {
            segment: group.segment.clone(),
            customers: group.customers,
            revenue: group.money("revenue"),
            margin: group.money("margin"),
        }
    }
}

impl FeatureState {
    fn of(profile: &Profile, name: &str) -> Result<Self> {
        let values = floats(profile, name)?;
        let sample = Sample::new(values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect());
        let bins = Bins::from_reference(&sample, N_BINS);
        let counts = match &bins {
            Some(bins) => bins.count_sample(&sample),
            None => BinCounts { counts: Vec::new(), n_nulls: sample.n_rows() },
        };
        Ok(Self { bins, counts })
    }
}

/// A numeric, boolean, date or time column as floats.
pub(crate) fn floats(profile: &Profile, name: &str) -> Result<Vec<Option<f64>>> {
    let column = concat_column(&profile.column(name)?)?;
    let not_numeric = || Error::NotNumeric { text: name.to_owned(), span: 0..0, found: column.data_type().to_string() };
    let numbers: ArrayRef = match column.data_type() {
        DataType::Date32 => cast(&cast(&column, &DataType::Int32)?, &DataType::Float64)?,
        DataType::Timestamp(..) => cast(&cast(&column, &DataType::Int64)?, &DataType::Float64)?,
        other if other.is_numeric() || *other == DataType::Boolean => cast(&column, &DataType::Float64)?,
        _ => return Err(not_numeric()),
    };
    let numbers = numbers.as_primitive::<Float64Type>();
    Ok((0..numbers.len()).map(|row| numbers.is_valid(row).then(|| numbers.value(row))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::profile;
    use arrow::array::{BooleanArray, Date32Array, Float64Array, StringArray, TimestampMicrosecondArray};
    use std::sync::Arc;

    /// The largest and smallest numbers, sums that no short decimal gives, and a walk over bit patterns.
    fn awkward() -> Vec<f64> {
        let mut values =
            vec![0.1 + 0.2, 1.0 / 3.0, f64::MAX, f64::MIN_POSITIVE, 5e-324, -0.0, 1e23, 9_007_199_254_740_993.0];
        let mut bits: u64 = 1;
        while values.len() < 20_000 {
            bits = bits.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            values.extend(Some(f64::from_bits(bits)).filter(|value| value.is_finite()));
            values.push((bits >> 20) as f64 / 100.0);
        }
        values
    }

    #[test]
    fn every_number_of_a_stored_state_reads_back_bit_for_bit() {
        let values = awkward();
        let totals: BTreeMap<String, f64> =
            values.iter().enumerate().map(|(index, value)| (index.to_string(), *value)).collect();
        let stored = serde_json::to_vec_pretty(&State { totals, ..State::default() }).unwrap();
        let read: State = serde_json::from_slice(&stored).unwrap();
        for (index, value) in values.iter().enumerate() {
            assert_eq!(read.totals[&index.to_string()].to_bits(), value.to_bits(), "{value:e}");
        }
    }

    #[test]
    fn bins_of_a_stored_state_read_back_and_count_the_same() {
        let values: Vec<Option<f64>> = (0..100).map(|n| (n % 7 > 0).then(|| f64::from(n) / 3.0)).collect();
        let profile = profile(vec![("spend", Arc::new(values.into_iter().collect::<Float64Array>()))]);
        let state = FeatureState::of(&profile, "spend").unwrap();
        assert_eq!(state.counts.n_nulls, 15);
        let read: FeatureState = serde_json::from_slice(&serde_json::to_vec(&state).unwrap()).unwrap();
        assert_eq!(read, state);
    }

    #[test]
    fn a_column_without_a_value_has_no_bins() {
        let profile = profile(vec![("spend", Arc::new(Float64Array::new_null(3)))]);
        let state = FeatureState::of(&profile, "spend").unwrap();
        assert_eq!((state.bins, state.counts.counts, state.counts.n_nulls), (None, vec![], 3));
    }

    #[test]
    fn dates_times_and_flags_are_numbers_and_text_is_not() {
        let profile = profile(vec![
            ("day", Arc::new(Date32Array::from(vec![Some(3), None]))),
            ("at", Arc::new(TimestampMicrosecondArray::from(vec![Some(7), None]))),
            ("flag", Arc::new(BooleanArray::from(vec![Some(true), None]))),
            ("name", Arc::new(StringArray::from(vec!["a", "b"]))),
        ]);
        for (name, expected) in [("day", 3.0), ("at", 7.0), ("flag", 1.0)] {
            assert_eq!(floats(&profile, name).unwrap(), [Some(expected), None], "{name}");
        }
        assert_eq!(floats(&profile, "name").unwrap_err().to_string(), "`name` is Utf8, not a number");
    }
}
