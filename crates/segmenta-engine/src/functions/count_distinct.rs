//! `count(distinct x)` per group for many groups with few values each.
//!
//! DataFusion keeps one hash set per group; with a million customers that is a million sets. Here
//! all groups share one list of (group, value) pairs.

use std::hash::BuildHasher;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, ListArray, StringArray, UInt64Array};
use arrow::buffer::OffsetBuffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, FieldRef, Int32Type, Int64Type, UInt64Type};
use arrow::row::{RowConverter, SortField};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use hashbrown::{DefaultHashBuilder, HashTable};

/// Number of distinct non-null values; never null.
#[derive(Debug, PartialEq, Eq, Hash)]
struct CountDistinct {
    signature: Signature,
}

/// The aggregate function.
pub(super) fn udaf() -> AggregateUDF {
    AggregateUDF::from(CountDistinct { signature: Signature::any(1, Volatility::Immutable) })
}

impl AggregateUDFImpl for CountDistinct {
    fn name(&self) -> &str {
        "exact_count_distinct"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Int64)
    }

    fn is_nullable(&self) -> bool {
        false
    }

    fn default_value(&self, _: &DataType) -> Result<ScalarValue> {
        Ok(ScalarValue::Int64(Some(0)))
    }

    fn accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Single { groups: Groups::new(args.expr_fields[0].data_type())? }))
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let list = DataType::List(item(args.input_fields[0].data_type()));
        Ok(vec![Arc::new(Field::new(format_state_name(args.name, "values"), list, false))])
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, args: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups::new(args.expr_fields[0].data_type())?))
    }
}

fn item(data_type: &DataType) -> FieldRef {
    Arc::new(Field::new_list_field(data_type.clone(), true))
}

/// The distinct values of every group, values as integers.
struct Groups {
    keys: Keys,
    /// One bit per group for each of the first [`FLAGS`] numbers of interned values: a column of a
    /// few dozen names needs no more than this.
    flags: Vec<u64>,
    pairs: Pairs,
}

/// Interned values that are counted by a bit.
const FLAGS: u64 = u64::BITS as u64;

impl Groups {
    fn new(data_type: &DataType) -> Result<Self> {
        Ok(Self { keys: Keys::new(data_type)?, flags: Vec::new(), pairs: Pairs::default() })
    }

    fn resize(&mut self, n_groups: usize) {
        self.flags.resize(n_groups, 0);
    }

    /// Inserts `values[row]` into `group_of(row)`; null values and rows without a group are passed over.
    fn insert_all(&mut self, values: &ArrayRef, group_of: impl Fn(usize) -> Option<usize>) -> Result<()> {
        let keys = self.keys.of(values)?;
        let nulls = values.logical_nulls().filter(|nulls| nulls.null_count() > 0);
        let flagged = matches!(self.keys, Keys::Interned(_));
        for (row, key) in keys.into_iter().enumerate() {
            let Some(group) = group_of(row).filter(|_| nulls.as_ref().is_none_or(|nulls| nulls.is_valid(row))) else {
                continue;
            };
            if flagged && key < FLAGS {
                self.flags[group] |= 1 << key;
            } else {
                self.pairs.push(group, key);
            }
        }
        Ok(())
    }

    /// The flags and the pairs of the emitted groups; the other groups move to the front.
    fn take(&mut self, emit_to: EmitTo) -> (Vec<u64>, Vec<(u32, u64)>) {
        let flags = emit_to.take_needed(&mut self.flags);
        let pairs = self.pairs.take_first(flags.len());
        (flags, pairs)
    }
}

/// A set of (group, key) pairs for many groups with few keys each.
///
/// Pairs are appended and repeats are taken out by sorting whenever the list has doubled: memory is
/// walked in order, where a hash table would be hit at a random place for every row.
#[derive(Default)]
struct Pairs {
    pairs: Vec<(u32, u64)>,
    /// Length up to which `pairs` is sorted and without repeats.
    n_distinct: usize,
}

impl Pairs {
    /// Fewer pairs than this are not worth sorting.
    const FIRST_SORT: usize = 1 << 16;

    /// Lines of one order follow each other in a file, so the last pair is often the same.
    fn push(&mut self, group: usize, key: u64) {
        let pair = (u32::try_from(group).expect("DataFusion numbers fewer than 2^32 groups"), key);
        if self.pairs.last() == Some(&pair) {
            return;
        }
        if self.pairs.len() >= Self::FIRST_SORT.max(2 * self.n_distinct) {
            self.sort();
        }
        self.pairs.push(pair);
    }

    /// The sort is stable because that one takes up the sorted part as it is.
    fn sort(&mut self) {
        self.pairs.sort();
        self.pairs.dedup();
        self.n_distinct = self.pairs.len();
    }

    /// The pairs of the groups before `n`, ascending; the other groups are renumbered from 0.
    fn take_first(&mut self, n: usize) -> Vec<(u32, u64)> {
        self.sort();
        let n = u32::try_from(n).expect("DataFusion numbers fewer than 2^32 groups");
        let rest = self.pairs.split_off(self.pairs.partition_point(|(group, _)| *group < n));
        let first = std::mem::replace(&mut self.pairs, rest);
        self.pairs.iter_mut().for_each(|(group, _)| *group -= n);
        self.n_distinct = self.pairs.len();
        first
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
        let kept = |row: usize| filter.is_none_or(|keep| keep.is_valid(row) && keep.value(row));
        self.insert_all(&values[0], |row| kept(row).then_some(group_indices[row]))
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let (flags, pairs) = self.take(emit_to);
        let mut counts: Vec<i64> = flags.into_iter().map(|flags| i64::from(flags.count_ones())).collect();
        pairs.into_iter().for_each(|(group, _)| counts[group as usize] += 1);
        Ok(Arc::new(Int64Array::from(counts)))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (flags, mut pairs) = self.take(emit_to);
        for (group, flags) in (0..).zip(&flags) {
            pairs.extend((0..FLAGS).filter(|key| flags >> key & 1 == 1).map(|key| (group, key)));
        }
        pairs.sort();
        let mut lengths = vec![0; flags.len()];
        pairs.iter().for_each(|(group, _)| lengths[*group as usize] += 1);
        let keys: Vec<u64> = pairs.into_iter().map(|(_, key)| key).collect();
        let values = self.keys.values(&keys)?;
        let offsets = OffsetBuffer::from_lengths(lengths);
        Ok(vec![Arc::new(ListArray::try_new(item(values.data_type()), offsets, values, None)?)])
    }

    fn merge_batch(&mut self, states: &[ArrayRef], group_indices: &[usize], total_num_groups: usize) -> Result<()> {
        self.resize(total_num_groups);
        let lists = states[0].as_list::<i32>();
        for (row, &group) in group_indices.iter().enumerate() {
            self.insert_all(&lists.value(row), |_| Some(group))?;
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let n_rows = values[0].len();
        let groups: Vec<usize> = (0..n_rows).collect();
        let mut each = Self::new(values[0].data_type())?;
        each.update_batch(values, &groups, filter, n_rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.pairs.pairs.capacity() * size_of::<(u32, u64)>()
            + self.flags.capacity() * size_of::<u64>()
            + self.keys.size()
    }
}

/// Turns values into integers, equal values into equal integers.
enum Keys {
    /// The value is an integer of at most 64 bits.
    Direct(DataType),
    /// The value is looked up in a list of the values seen so far.
    Interned(Interner),
}

/// Numbers byte strings in the order of their first appearance.
struct Interner {
    data_type: DataType,
    /// Makes bytes of values that are not text.
    converter: Option<RowConverter>,
    hasher: DefaultHashBuilder,
    numbers: HashTable<u32>,
    seen: Vec<Box<[u8]>>,
}

impl Keys {
    fn new(data_type: &DataType) -> Result<Self> {
        if data_type.is_integer() || data_type.is_temporal() && data_type.primitive_width().is_some_and(|w| w <= 8) {
            return Ok(Self::Direct(data_type.clone()));
        }
        Ok(Self::Interned(Interner::new(data_type)?))
    }

    /// One integer per row; meaningless where the value is null.
    fn of(&mut self, values: &ArrayRef) -> Result<Vec<u64>> {
        match self {
            Self::Direct(_) => direct(values),
            Self::Interned(interner) => interner.of(values),
        }
    }

    fn values(&self, keys: &[u64]) -> Result<ArrayRef> {
        match self {
            Self::Direct(data_type) => {
                let integers: Int64Array = keys.iter().map(|key| Some(key.cast_signed())).collect();
                if matches!(data_type, DataType::UInt64) {
                    return Ok(Arc::new(UInt64Array::from(keys.to_vec())));
                }
                let width = data_type.primitive_width().expect("direct keys are integers");
                let narrow = if width == 4 && data_type.is_temporal() {
                    cast(&integers, &DataType::Int32)?
                } else {
                    Arc::new(integers)
                };
                Ok(cast(&narrow, data_type)?)
            }
            Self::Interned(interner) => interner.values(keys),
        }
    }

    fn size(&self) -> usize {
        match self {
            Self::Direct(_) => 0,
            Self::Interned(interner) => interner.seen.iter().map(|bytes| bytes.len() + 32).sum(),
        }
    }
}

fn direct(values: &ArrayRef) -> Result<Vec<u64>> {
    if let Some(integers) = values.as_primitive_opt::<Int64Type>() {
        return Ok(integers.values().iter().map(|value| value.cast_unsigned()).collect());
    }
    if let Some(integers) = values.as_primitive_opt::<UInt64Type>() {
        return Ok(integers.values().to_vec());
    }
    // Temporal types hold an integer of their own width, which `cast` gives back unchanged.
    let narrow = if values.data_type().is_temporal() && values.data_type().primitive_width() == Some(4) {
        cast(values, &DataType::Int32)?
    } else {
        Arc::clone(values)
    };
    let integers = cast(&narrow, &DataType::Int64)?;
    direct(&integers)
}

impl Interner {
    fn new(data_type: &DataType) -> Result<Self> {
        let data_type = match data_type {
            DataType::Dictionary(_, values) => values.as_ref().clone(),
            other => other.clone(),
        };
        let field = || SortField::new(data_type.clone());
        let converter = if data_type.is_string() { None } else { Some(RowConverter::new(vec![field()])?) };
        Ok(Self {
            data_type,
            converter,
            hasher: DefaultHashBuilder::default(),
            numbers: HashTable::new(),
            seen: Vec::new(),
        })
    }

    fn of(&mut self, values: &ArrayRef) -> Result<Vec<u64>> {
        if let Some(dictionary) = values.as_dictionary_opt::<Int32Type>() {
            let by_key = self.of(dictionary.values())?;
            let key_of = |key: Option<i32>| key.map_or(0, |key| by_key[key as usize]);
            return Ok(dictionary.keys().iter().map(key_of).collect());
        }
        if let Some(text) = values.as_string_opt::<i32>() {
            return Ok(text.iter().map(|value| self.number(value.unwrap_or_default().as_bytes())).collect());
        }
        if let Some(text) = values.as_string_view_opt() {
            return Ok(text.iter().map(|value| self.number(value.unwrap_or_default().as_bytes())).collect());
        }
        let values = cast(values, &self.data_type)?;
        let Some(converter) = &self.converter else {
            return self.of(&cast(&values, &DataType::Utf8)?);
        };
        let rows = converter.convert_columns(&[values])?;
        Ok(rows.iter().map(|row| self.number(row.as_ref())).collect())
    }

    fn number(&mut self, bytes: &[u8]) -> u64 {
        let hash = self.hasher.hash_one(bytes);
        if let Some(number) = self.numbers.find(hash, |number| *self.seen[*number as usize] == *bytes) {
            return u64::from(*number);
        }
        let number = u32::try_from(self.seen.len()).expect("fewer than 2^32 distinct values fit in memory");
        self.seen.push(bytes.into());
        let (hasher, seen) = (&self.hasher, &self.seen);
        self.numbers.insert_unique(hash, number, |other| hasher.hash_one(&*seen[*other as usize]));
        u64::from(number)
    }

    fn values(&self, keys: &[u64]) -> Result<ArrayRef> {
        let bytes = keys.iter().map(|key| &*self.seen[*key as usize]);
        let Some(converter) = &self.converter else {
            let text = bytes.map(|bytes| std::str::from_utf8(bytes).expect("taken from text"));
            return Ok(cast(&StringArray::from_iter_values(text), &self.data_type)?);
        };
        let parser = converter.parser();
        let rows: Vec<_> = bytes.map(|bytes| parser.parse(bytes)).collect();
        Ok(Arc::clone(&converter.convert_rows(rows)?[0]))
    }
}

/// The same without groups: one group, number 0.
struct Single {
    groups: Groups,
}

impl std::fmt::Debug for Single {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Single").field("pairs", &self.groups.pairs.pairs.len()).finish()
    }
}

impl Accumulator for Single {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        self.groups.resize(1);
        self.groups.insert_all(&values[0], |_| Some(0))
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
        Ok(vec![ScalarValue::try_from_array(&states[0], 0)?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let zeros = vec![0; states[0].len()];
        self.groups.merge_batch(states, &zeros, 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(values: &[&ArrayRef], groups: &[&[usize]], n_groups: usize) -> Vec<i64> {
        let mut accumulator = Groups::new(values[0].data_type()).unwrap();
        for (values, groups) in values.iter().zip(groups) {
            accumulator.update_batch(&[Arc::clone(values)], groups, None, n_groups).unwrap();
        }
        accumulator.evaluate(EmitTo::All).unwrap().as_primitive::<Int64Type>().values().to_vec()
    }

    fn text(values: &[Option<&str>]) -> ArrayRef {
        Arc::new(values.iter().copied().collect::<StringArray>())
    }

    #[test]
    fn equal_text_in_several_batches_counts_once_and_null_not_at_all() {
        let first = text(&[Some("a"), Some("b"), Some("a"), None]);
        let second = text(&[Some("a"), Some("c"), Some("b"), Some("a")]);
        assert_eq!(count(&[&first, &second], &[&[0, 0, 1, 1], &[0, 0, 0, 1]], 3), [3, 1, 0]);
    }

    #[test]
    fn states_of_two_halves_merge_to_the_count_of_the_whole() {
        for values in
            [text(&[Some("a"), Some("b"), Some("a"), Some("c")]), Arc::new(Int64Array::from(vec![7, -8, 7, 9]))]
        {
            let mut halves = Groups::new(values.data_type()).unwrap();
            for (half, groups) in [(values.slice(0, 2), [0, 1]), (values.slice(2, 2), [0, 1])] {
                let mut part = Groups::new(values.data_type()).unwrap();
                part.update_batch(&[half], &groups, None, 2).unwrap();
                let state = part.state(EmitTo::All).unwrap();
                halves.merge_batch(&state, &[0, 1], 2).unwrap();
            }
            let counts = halves.evaluate(EmitTo::All).unwrap();
            assert_eq!(counts.as_primitive::<Int64Type>().values(), &[1, 2], "{}", values.data_type());
        }
    }

    #[test]
    fn groups_that_stay_after_an_early_emit_are_renumbered() {
        let values: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3, 3]));
        let mut accumulator = Groups::new(values.data_type()).unwrap();
        accumulator.update_batch(&[Arc::clone(&values)], &[0, 1, 1, 2], None, 3).unwrap();
        let first = accumulator.evaluate(EmitTo::First(1)).unwrap();
        assert_eq!(first.as_primitive::<Int64Type>().values(), &[1]);
        accumulator.update_batch(&[values], &[0, 0, 0, 1], None, 2).unwrap();
        let rest = accumulator.evaluate(EmitTo::All).unwrap();
        assert_eq!(rest.as_primitive::<Int64Type>().values(), &[3, 1]);
    }
}
