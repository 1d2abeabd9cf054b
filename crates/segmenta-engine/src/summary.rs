//! Segments as groups: how many entities, how much money, shares of each.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch, StringArray, UInt64Array};
use arrow::datatypes::{Field, Float64Type, Schema};
use segmenta_stats::{ExactSum, Sample, concentration};

use crate::labels::Labels;
use crate::profile::Profile;
use crate::{Error, Result};

/// Exact total of a Float64 column of the profile; nulls count as 0.
///
/// # Errors
/// [`Error::Statistic`] when the total is beyond 1.5e20.
pub(crate) fn total(profile: &Profile, column: &str) -> Result<f64> {
    let mut sum = ExactSum::new();
    for chunk in profile.column(column)? {
        sum.extend(chunk.as_primitive::<Float64Type>().iter().flatten());
    }
    Ok(sum.to_f64()?)
}

/// One segment of a scheme.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// `None`: entities without a segment.
    pub(crate) segment: Option<String>,
    pub(crate) customers: u64,
    /// Totals of [`MONEY`], in its order; empty when nothing is valued.
    pub(crate) money: Vec<f64>,
    /// Share of the segment's revenue that its top 20 % bring; `None` without positive revenue.
    pub(crate) top_20_share: Option<f64>,
}

/// Value columns that are summed per segment.
pub(crate) const MONEY: [&str; 6] = ["revenue", "cm1", "cm2", "cm3", "margin", "potential"];

/// Whether a valuation has added its columns; a source may have a column `revenue` of its own.
pub(crate) fn is_valued(profile: &Profile) -> bool {
    MONEY.iter().all(|name| profile.has(name))
}

impl Group {
    /// Total of a value column; `None` when nothing is valued.
    pub(crate) fn money(&self, column: &str) -> Option<f64> {
        let index = MONEY.iter().position(|name| *name == column)?;
        self.money.get(index).copied()
    }
}

/// All groups of a label column, in ascending order of the label, entities without one first.
pub(crate) fn groups(profile: &Profile, label: &str) -> Result<Vec<Group>> {
    let valued = is_valued(profile);
    let mut sums: BTreeMap<Option<String>, Sums> = BTreeMap::new();
    for chunk in profile.chunks() {
        add_chunk(chunk, label, valued, &mut sums)?;
    }
    sums.into_iter().map(|(segment, sums)| sums.group(segment)).collect()
}

#[derive(Default)]
struct Sums {
    customers: u64,
    money: [ExactSum; MONEY.len()],
    revenue: Vec<f64>,
}

fn add_chunk(chunk: &RecordBatch, label: &str, valued: bool, sums: &mut BTreeMap<Option<String>, Sums>) -> Result<()> {
    let labels = Labels::of(by_name(chunk, label)?.as_string());
    let money: Vec<&Float64Array> = if valued {
        MONEY.iter().map(|name| Ok(by_name(chunk, name)?.as_primitive())).collect::<Result<_>>()?
    } else {
        Vec::new()
    };
    let mut in_chunk: Vec<Sums> = labels.names.iter().map(|_| Sums::default()).collect();
    for (row, code) in labels.codes.iter().enumerate() {
        let group = &mut in_chunk[*code as usize];
        group.customers += 1;
        for (sum, column) in group.money.iter_mut().zip(&money) {
            if column.is_valid(row) {
                sum.add(column.value(row));
            }
        }
        group.revenue.extend(money.first().map(|revenue| revenue.value(row)));
    }
    for (label, added) in labels.names.iter().zip(in_chunk) {
        sums.entry(label.map(str::to_owned)).or_default().merge(added);
    }
    Ok(())
}

fn by_name<'a>(chunk: &'a RecordBatch, column: &str) -> Result<&'a ArrayRef> {
    let known = || chunk.schema().fields().iter().map(|field| field.name().clone()).collect();
    chunk.column_by_name(column).ok_or_else(|| Error::NoColumn { column: column.into(), known: known() })
}

impl Sums {
    fn merge(&mut self, other: Self) {
        self.customers += other.customers;
        self.money.iter_mut().zip(&other.money).for_each(|(sum, other)| sum.merge(other));
        self.revenue.extend(other.revenue);
    }

    fn group(self, segment: Option<String>) -> Result<Group> {
        let money = if self.revenue.is_empty() {
            Vec::new()
        } else {
            self.money.iter().map(|sum| sum.to_f64()).collect::<Result<_, _>>()?
        };
        let top_20_share = concentration::top_share(&Sample::new(self.revenue), 0.2)?;
        Ok(Group { segment, customers: self.customers, money, top_20_share })
    }
}

/// The `segment_summary` dataset: one row per scheme and segment.
pub(crate) fn summary_batch(schemes: &[(String, Vec<Group>)]) -> Result<RecordBatch> {
    let rows: Vec<Row<'_>> = schemes.iter().flat_map(|(scheme, groups)| rows(scheme, groups)).collect();
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("scheme", Arc::new(rows.iter().map(|row| Some(row.scheme)).collect::<StringArray>())),
        ("segment", Arc::new(rows.iter().map(|row| row.group.segment.as_deref()).collect::<StringArray>())),
        ("customers", Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.group.customers)))),
        ("share", floats(&rows, |row| Some(row.group.customers as f64 / row.customers.max(1) as f64))),
    ];
    for name in MONEY {
        columns.push((name, floats(&rows, |row| row.group.money(name))));
    }
    columns.push(("revenue_share", floats(&rows, |row| share(row.group.money("revenue"), row.revenue))));
    columns.push(("margin_share", floats(&rows, |row| share(row.group.money("margin"), row.margin))));
    columns.push(("margin_rate", floats(&rows, |row| share(row.group.money("margin"), row.group.money("revenue")))));
    columns
        .push(("mean_margin", floats(&rows, |row| share(row.group.money("margin"), Some(row.group.customers as f64)))));
    columns.push(("top_20_share", floats(&rows, |row| row.group.top_20_share)));
    batch(columns)
}

/// A segment beside the totals of its scheme.
struct Row<'a> {
    scheme: &'a str,
    group: &'a Group,
    customers: u64,
    revenue: Option<f64>,
    margin: Option<f64>,
}

fn rows<'a>(scheme: &'a str, groups: &'a [Group]) -> impl Iterator<Item = Row<'a>> {
    let customers = groups.iter().map(|group| group.customers).sum();
    let total = |name: &str| groups.iter().filter_map(|group| group.money(name)).reduce(|a, b| a + b);
    let (revenue, margin) = (total("revenue"), total("margin"));
    groups.iter().map(move |group| Row { scheme, group, customers, revenue, margin })
}

fn floats<'a>(rows: &[Row<'a>], value: impl Fn(&Row<'a>) -> Option<f64>) -> ArrayRef {
    Arc::new(rows.iter().map(value).collect::<Float64Array>())
}

fn share(part: Option<f64>, whole: Option<f64>) -> Option<f64> {
    part.zip(whole).filter(|(_, whole)| *whole != 0.0).map(|(part, whole)| part / whole)
}

/// A batch of named columns, all nullable.
pub(crate) fn batch(columns: Vec<(&str, ArrayRef)>) -> Result<RecordBatch> {
    let field = |(name, column): &(&str, ArrayRef)| Field::new(*name, column.data_type().clone(), true);
    let schema = Schema::new(columns.iter().map(field).collect::<Vec<_>>());
    Ok(RecordBatch::try_new(Arc::new(schema), columns.into_iter().map(|(_, column)| column).collect())?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{close, floats, profile, texts};

    fn column(values: &[f64]) -> ArrayRef {
        Arc::new(Float64Array::from(values.to_vec()))
    }

    fn labels() -> (&'static str, ArrayRef) {
        ("value", Arc::new(StringArray::from(vec![Some("b"), Some("a"), None, Some("a"), Some("a")])))
    }

    /// Segment a: revenue 30 + 10 + 10 with margin 5; its top ceil(0.2 × 3) = 1 customer brings 30 of 50.
    #[test]
    fn shares_are_those_of_the_scheme_and_rates_those_of_the_segment() {
        let zero = || column(&[0.0; 5]);
        let profile = profile(vec![
            labels(),
            ("revenue", column(&[50.0, 30.0, 0.0, 10.0, 10.0])),
            ("cm1", zero()),
            ("cm2", zero()),
            ("cm3", zero()),
            ("margin", column(&[25.0, 2.0, -5.0, 3.0, 0.0])),
            ("potential", Arc::new(Float64Array::new_null(5))),
        ]);
        let rows = [summary_batch(&[("value".to_owned(), groups(&profile, "value").unwrap())]).unwrap()];
        assert_eq!(texts(&rows, "segment"), ["-", "a", "b"]);
        let expected = [
            ("share", [Some(0.2), Some(0.6), Some(0.2)]),
            ("revenue", [Some(0.0), Some(50.0), Some(50.0)]),
            ("revenue_share", [Some(0.0), Some(0.5), Some(0.5)]),
            ("margin_share", [Some(-0.2), Some(0.2), Some(1.0)]),
            ("margin_rate", [None, Some(0.1), Some(0.5)]),
            ("mean_margin", [Some(-5.0), Some(5.0 / 3.0), Some(25.0)]),
            ("top_20_share", [None, Some(0.6), Some(1.0)]),
        ];
        for (name, expected) in expected {
            assert!(close(&floats(&rows, name), &expected), "{name}: {:?}", floats(&rows, name));
        }
    }

    #[test]
    fn without_a_valuation_groups_are_counted_only() {
        let of_the_source = ("revenue", Arc::new(Float64Array::from(vec![1.0; 5])) as ArrayRef);
        for columns in [vec![labels()], vec![labels(), of_the_source]] {
            let groups = groups(&profile(columns), "value").unwrap();
            assert_eq!(groups.iter().map(|group| group.customers).collect::<Vec<_>>(), [1, 3, 1]);
            assert!(groups.iter().all(|group| group.money("revenue").is_none() && group.top_20_share.is_none()));
        }
    }

    #[test]
    fn a_total_leaves_out_nulls_and_refuses_what_is_no_number() {
        let spend = |values: Vec<Option<f64>>| profile(vec![("spend", Arc::new(Float64Array::from(values)))]);
        assert_eq!(total(&spend(vec![Some(1e16), None, Some(0.5), Some(-1e16)]), "spend").unwrap(), 0.5);
        assert!(total(&spend(vec![Some(f64::NAN)]), "spend").is_err());
    }
}
