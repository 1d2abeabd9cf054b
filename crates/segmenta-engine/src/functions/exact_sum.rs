//! `sum` and `avg` of floats that give the same bits whatever the order of rows and partitions.
//!
//! Each value is turned into a fixed-point integer once and integers are added, so that addition
//! is associative. See [`ExactSum`] for range and rounding.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, Float64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type};
use datafusion::common::{Result, ScalarValue, exec_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use segmenta_stats::ExactSum;

/// Which value is made of the exact sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// The sum.
    Sum,
    /// The sum divided by the number of non-null values.
    Mean,
}

/// Aggregate function over one `Float64` argument; null when no value is present.
#[derive(Debug, PartialEq, Eq, Hash)]
struct FloatAggregate {
    kind: Kind,
    signature: Signature,
}

/// The aggregate function for `kind`.
pub(super) fn udaf(kind: Kind) -> AggregateUDF {
    AggregateUDF::from(FloatAggregate {
        kind,
        signature: Signature::exact(vec![DataType::Float64], Volatility::Immutable),
    })
}

impl AggregateUDFImpl for FloatAggregate {
    fn name(&self) -> &str {
        match self.kind {
            Kind::Sum => "exact_sum",
            Kind::Mean => "exact_mean",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Float64)
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Single { groups: Groups::new(self.kind) }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let field = |name, data_type| Arc::new(Field::new(format_state_name(args.name, name), data_type, false));
        Ok(vec![field("sum", STATE)])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups::new(self.kind)))
    }
}

/// Carries an [`ExactSum`] between partitions.
const STATE: DataType = DataType::FixedSizeBinary(ExactSum::N_BYTES as i32);

/// One exact sum per group.
struct Groups {
    kind: Kind,
    sums: Vec<ExactSum>,
    /// Sums of neighbouring rows of one group; empty between batches but for its memory.
    runs: Vec<(usize, ExactSum)>,
}

impl Groups {
    fn new(kind: Kind) -> Self {
        Self { kind, sums: Vec::new(), runs: Vec::new() }
    }

    fn resize(&mut self, n_groups: usize) {
        self.sums.resize(n_groups, ExactSum::new());
    }

    /// Adds terms to their groups.
    ///
    /// Neighbours often belong to one group, as the lines of one order do, and are added up first.
    /// The sums of the groups are spread over memory; a loop that does nothing else than go there
    /// waits for many of them at a time.
    fn add(&mut self, terms: impl Iterator<Item = (usize, f64)>) {
        self.runs.clear();
        for (group, value) in terms {
            match self.runs.last_mut() {
                Some((open, run)) if *open == group => run.add(value),
                _ => self.runs.push((group, ExactSum::from_iter([value]))),
            }
        }
        for (group, run) in &self.runs {
            self.sums[*group].merge(run);
        }
    }
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.resize(total_num_groups);
        let values = values[0].as_primitive::<Float64Type>();
        let terms = group_indices.iter().copied().zip(values.values().iter().copied());
        if filter.is_none() && values.null_count() == 0 {
            self.add(terms);
            return Ok(());
        }
        let kept = |row: usize| values.is_valid(row) && filter.is_none_or(|keep| keep.is_valid(row) && keep.value(row));
        self.add(terms.enumerate().filter(|(row, _)| kept(*row)).map(|(_, term)| term));
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let kind = self.kind;
        let value = |sum: ExactSum| {
            if sum.n_terms() == 0 {
                return Ok(None);
            }
            let Ok(total) = sum.to_f64() else {
                return exec_err!("a sum holds NaN, infinity or a number beyond 1.5e20");
            };
            Ok(Some(match kind {
                Kind::Sum => total,
                Kind::Mean => total / sum.n_terms() as f64,
            }))
        };
        let sums = emit_to.take_needed(&mut self.sums);
        let values: Float64Array = sums.into_iter().map(value).collect::<Result<_>>()?;
        Ok(Arc::new(values))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let sums = emit_to.take_needed(&mut self.sums);
        let bytes = sums.iter().map(|sum| Some(sum.to_bytes()));
        let sums = FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes, ExactSum::N_BYTES as i32)?;
        Ok(vec![Arc::new(sums)])
    }

    fn merge_batch(&mut self, states: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.resize(total_num_groups);
        let sums = states[0].as_fixed_size_binary();
        for (row, &group) in group_indices.iter().enumerate() {
            let bytes = sums.value(row).try_into().expect("the state's width is that of an exact sum");
            self.sums[group].merge(&ExactSum::from_bytes(bytes));
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let n_rows = values[0].len();
        let groups: Vec<usize> = (0..n_rows).collect();
        let mut each = Self::new(self.kind);
        each.update_batch(values, &groups, filter, n_rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.sums.capacity() * size_of::<ExactSum>()
    }
}

/// The same without groups: one group, number 0.
struct Single {
    groups: Groups,
}

impl std::fmt::Debug for Single {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Single").field("kind", &self.groups.kind).finish()
    }
}

impl Accumulator for Single {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let zeros = vec![0; values[0].len()];
        self.groups.update_batch(values, &zeros, None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.groups.resize(1);
        ScalarValue::try_from_array(&self.groups.evaluate(EmitTo::All)?, 0)
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.groups.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.groups.resize(1);
        let states = self.groups.state(EmitTo::All)?;
        states.iter().map(|array| ScalarValue::try_from_array(array, 0)).collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let zeros = vec![0; states[0].len()];
        self.groups.merge_batch(states, &zeros, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In plain floating point the sum depends on the order and is between 0 and 2.
    const TERMS: [f64; 5] = [0.1, 0.2, 0.3, 1e16, -1e16];

    fn array(values: &[Option<f64>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<Float64Array>())
    }

    fn evaluated(groups: &mut Groups, emit_to: EmitTo) -> Vec<Option<f64>> {
        groups.evaluate(emit_to).unwrap().as_primitive::<Float64Type>().iter().collect()
    }

    fn permutations(n: usize) -> Vec<Vec<usize>> {
        if n == 0 {
            return vec![Vec::new()];
        }
        let insert = |shorter: Vec<usize>| {
            (0..n).map(move |at| shorter[..at].iter().copied().chain([n - 1]).chain(shorter[at..].to_vec()).collect())
        };
        permutations(n - 1).into_iter().flat_map(insert).collect()
    }

    /// 0.1 + 0.2 + 0.3 as doubles is 0.6 + 5.6e-18, whose nearest double is that of 0.6.
    #[test]
    fn every_order_of_rows_gives_the_same_bits() {
        for (kind, expected) in [(Kind::Sum, 0.6), (Kind::Mean, 0.12)] {
            for order in permutations(TERMS.len()) {
                let mut groups = Groups::new(kind);
                let values: Vec<Option<f64>> = order.iter().map(|index| Some(TERMS[*index])).collect();
                groups.update_batch(&[array(&values)], &[0; 5], None, 1).unwrap();
                assert_eq!(evaluated(&mut groups, EmitTo::All), [Some(expected)], "{order:?}");
            }
        }
    }

    #[test]
    fn states_merge_to_the_same_bits_in_every_order() {
        let each = Groups::new(Kind::Mean);
        let states = each.convert_to_state(&[array(&TERMS.map(Some))], None).unwrap();
        for order in permutations(TERMS.len()) {
            let mut groups = Groups::new(Kind::Mean);
            for row in &order {
                let state: Vec<ArrayRef> = states.iter().map(|state| state.slice(*row, 1)).collect();
                groups.merge_batch(&state, &[0], 1).unwrap();
            }
            assert_eq!(evaluated(&mut groups, EmitTo::All), [Some(0.12)], "{order:?}");
        }
    }

    #[test]
    fn nulls_are_left_out_and_nothing_is_null() {
        let mut mean = Groups::new(Kind::Mean);
        mean.update_batch(&[array(&[Some(1.0), None, Some(2.0), None])], &[0, 0, 0, 1], None, 3).unwrap();
        assert_eq!(evaluated(&mut mean, EmitTo::All), [Some(1.5), None, None]);
        let mut single = Single { groups: Groups::new(Kind::Sum) };
        assert_eq!(single.evaluate().unwrap(), ScalarValue::Float64(None));
        single.update_batch(&[array(&[None])]).unwrap();
        assert_eq!(single.evaluate().unwrap(), ScalarValue::Float64(None));
    }

    #[test]
    fn a_state_of_no_rows_adds_nothing() {
        let mut empty = Single { groups: Groups::new(Kind::Mean) };
        let state: Vec<ArrayRef> = empty.state().unwrap().iter().map(|value| value.to_array().unwrap()).collect();
        let mut whole = Single { groups: Groups::new(Kind::Mean) };
        whole.update_batch(&[array(&[Some(3.0)])]).unwrap();
        whole.merge_batch(&state).unwrap();
        assert_eq!(whole.evaluate().unwrap(), ScalarValue::Float64(Some(3.0)));
    }

    #[test]
    fn what_is_no_number_stops_the_sum() {
        for bad in [f64::NAN, f64::INFINITY, 1e21] {
            let mut groups = Groups::new(Kind::Sum);
            groups.update_batch(&[array(&[Some(1.0), Some(bad)])], &[0, 0], None, 1).unwrap();
            assert!(groups.evaluate(EmitTo::All).unwrap_err().to_string().contains("NaN"), "{bad}");
        }
    }

    #[test]
    fn a_filter_keeps_only_rows_for_which_it_is_true() {
        let keep = BooleanArray::from(vec![Some(true), Some(false), None]);
        let values = array(&[Some(1.0), Some(2.0), Some(4.0)]);
        let mut groups = Groups::new(Kind::Sum);
        groups.update_batch(&[Arc::clone(&values)], &[0, 0, 0], Some(&keep), 1).unwrap();
        assert_eq!(evaluated(&mut groups, EmitTo::All), [Some(1.0)]);
        let states = groups.convert_to_state(&[values], Some(&keep)).unwrap();
        let n_terms =
            |row| ExactSum::from_bytes(states[0].as_fixed_size_binary().value(row).try_into().unwrap()).n_terms();
        assert_eq!([0, 1, 2].map(n_terms), [1, 0, 0]);
    }

    #[test]
    fn groups_that_stay_after_an_early_emit_move_to_the_front() {
        let mut groups = Groups::new(Kind::Sum);
        groups.update_batch(&[array(&[Some(1.0), Some(2.0), Some(4.0)])], &[0, 1, 2], None, 3).unwrap();
        assert_eq!(evaluated(&mut groups, EmitTo::First(1)), [Some(1.0)]);
        groups.update_batch(&[array(&[Some(8.0)])], &[1], None, 2).unwrap();
        assert_eq!(evaluated(&mut groups, EmitTo::All), [Some(2.0), Some(12.0)]);
    }
}
