//! `sum` and `avg` of floats that give the same bits whatever the order of rows and partitions.
//!
//! Each value is turned into a fixed-point integer once and integers are added, so that addition
//! is associative. See [`ExactSum`] for range and rounding.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryArray, Float64Array, Int64Array};
use arrow::datatypes::{DataType, Field, FieldRef, Float64Type, Int64Type};
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
        Ok(vec![field("sum", STATE), field("count", DataType::Int64)])
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

/// One exact sum and one count per group.
struct Groups {
    kind: Kind,
    sums: Vec<ExactSum>,
    counts: Vec<i64>,
}

impl Groups {
    fn new(kind: Kind) -> Self {
        Self { kind, sums: Vec::new(), counts: Vec::new() }
    }

    fn resize(&mut self, n_groups: usize) {
        self.sums.resize(n_groups, ExactSum::new());
        self.counts.resize(n_groups, 0);
    }

    fn add(&mut self, group: usize, value: f64) {
        self.sums[group].add(value);
        self.counts[group] += 1;
    }

    fn take(&mut self, emit_to: EmitTo) -> (Vec<ExactSum>, Vec<i64>) {
        (emit_to.take_needed(&mut self.sums), emit_to.take_needed(&mut self.counts))
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
        if filter.is_none() && values.null_count() == 0 {
            for (&group, &value) in group_indices.iter().zip(values.values()) {
                self.add(group, value);
            }
            return Ok(());
        }
        for (row, &group) in group_indices.iter().enumerate() {
            if values.is_valid(row) && filter.is_none_or(|keep| keep.is_valid(row) && keep.value(row)) {
                self.add(group, values.value(row));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let kind = self.kind;
        let (sums, counts) = self.take(emit_to);
        let value = |(sum, count): (ExactSum, i64)| {
            if count == 0 {
                return Ok(None);
            }
            let Ok(sum) = sum.to_f64() else {
                return exec_err!("a sum holds NaN, infinity or a number beyond 1.5e20");
            };
            Ok(Some(match kind {
                Kind::Sum => sum,
                Kind::Mean => sum / count as f64,
            }))
        };
        let values: Float64Array = sums.into_iter().zip(counts).map(value).collect::<Result<_>>()?;
        Ok(Arc::new(values))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (sums, counts) = self.take(emit_to);
        let bytes = sums.iter().map(|sum| Some(sum.to_bytes()));
        let sums = FixedSizeBinaryArray::try_from_sparse_iter_with_size(bytes, ExactSum::N_BYTES as i32)?;
        Ok(vec![Arc::new(sums), Arc::new(Int64Array::from(counts))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.resize(total_num_groups);
        let sums = states[0].as_fixed_size_binary();
        let counts = states[1].as_primitive::<Int64Type>();
        for (row, &group) in group_indices.iter().enumerate() {
            let bytes = sums.value(row).try_into().expect("the state's width is that of an exact sum");
            self.sums[group].merge(&ExactSum::from_bytes(bytes));
            self.counts[group] += counts.value(row);
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
        self.sums.capacity() * size_of::<ExactSum>() + self.counts.capacity() * size_of::<i64>()
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
