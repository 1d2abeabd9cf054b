//! Totals over every entity, and how unevenly value is spread.

use arrow::array::AsArray;
use arrow::datatypes::Float64Type;
use segmenta_report::model::{Compared, Concentration, CurvePoint, Figure, TopShare, Totals, WhaleCurve};
use segmenta_stats::{ExactSum, Sample, concentration as stats};

use super::{Money, NO_BASELINE, Told};
use crate::Result;
use crate::profile::Profile;
use crate::summary::is_valued;

const NOT_VALUED: &str = "the pipeline values nothing";

pub(super) fn totals(told: &Told<'_>, money: &Money) -> Result<Totals> {
    let state = &told.staged.monitoring.state;
    let before = told.staged.baseline.as_ref().map(|baseline| &baseline.state);
    let amount = |name: &str| Compared {
        current: money.figure(state.totals.get(name).copied(), NOT_VALUED),
        baseline: match before {
            Some(before) => money.figure(before.totals.get(name).copied(), NOT_VALUED),
            None => Figure::missing(NO_BASELINE),
        },
    };
    let buyers = buyers(&told.staged.profile)?;
    Ok(Totals {
        customers: Compared {
            current: Figure::Known(state.customers),
            baseline: Figure::from_option(before.map(|before| before.customers), NO_BASELINE),
        },
        with_purchases: Compared {
            current: Figure::from_option(buyers, "no purchase summary in the pipeline"),
            baseline: Figure::missing("not kept with earlier runs"),
        },
        revenue: amount("revenue"),
        cm1: amount("cm1"),
        cm2: amount("cm2"),
        cm3: amount("cm3"),
        margin: amount("margin"),
    })
}

fn buyers(profile: &Profile) -> Result<Option<u64>> {
    if !profile.has("orders_total") {
        return Ok(None);
    }
    let with_orders = |chunk: &&arrow::array::ArrayRef| {
        let orders = chunk.as_primitive::<arrow::datatypes::Int64Type>();
        orders.iter().filter(|orders| orders.is_some_and(|orders| orders > 0)).count() as u64
    };
    Ok(Some(profile.column("orders_total")?.iter().map(with_orders).sum()))
}

/// Points of a curve on the page.
const POINTS: usize = 100;

pub(super) fn concentration(told: &Told<'_>) -> Result<Figure<Concentration>> {
    let profile = &told.staged.profile;
    if !is_valued(profile) {
        return Ok(Figure::missing(NOT_VALUED));
    }
    let revenue = sample(profile, "revenue")?;
    let spread = stats::of_sample(&revenue);
    let mut top_shares = Vec::new();
    for top in [0.01, 0.05, 0.1, 0.2] {
        if let Some(share) = stats::top_share(&revenue, top)? {
            top_shares.push(TopShare { top, share });
        }
    }
    let not_positive = "the total revenue is not positive";
    let lorenz = curve(revenue.values());
    Ok(Figure::Known(Concentration {
        customers: revenue.n_rows(),
        gini: Figure::from_option(spread.gini, not_positive),
        top_shares,
        lorenz: Figure::from_option(lorenz, not_positive),
        whale: whale(&sample(profile, "margin")?),
    }))
}

fn sample(profile: &Profile, column: &str) -> Result<Sample> {
    let mut values = Vec::with_capacity(profile.n_rows());
    for chunk in profile.column(column)? {
        values.extend(chunk.as_primitive::<Float64Type>().iter().flatten());
    }
    Ok(Sample::new(values))
}

fn whale(margin: &Sample) -> Figure<WhaleCurve> {
    let curve_of = stats::whale_curve(margin);
    let best_first: Vec<f64> = margin.values().iter().rev().copied().collect();
    let known = curve(&best_first).zip(curve_of.peak).zip(curve_of.share_at_peak);
    let whale = known.map(|((points, peak), peak_at)| WhaleCurve {
        points,
        peak,
        peak_at,
        customers_negative: margin.values().iter().filter(|value| **value < 0.0).count() as u64,
    });
    Figure::from_option(whale, "the total margin is not positive")
}

/// Cumulative shares of the total at [`POINTS`] even steps of customers; `None` unless the total is positive.
fn curve(values: &[f64]) -> Option<Vec<CurvePoint>> {
    let total: ExactSum = values.iter().copied().collect();
    let total = total.to_f64().ok().filter(|total| *total > 0.0)?;
    let mut sum = ExactSum::new();
    let mut points = vec![CurvePoint { customers: 0.0, value: 0.0 }];
    let mut from = 0;
    for step in 1..=POINTS {
        let to = values.len() * step / POINTS;
        sum.extend(values[from..to].iter().copied());
        from = to;
        let customers = to as f64 / values.len() as f64;
        points.push(CurvePoint { customers, value: sum.to_f64().ok()? / total });
    }
    points.dedup_by(|later, earlier| later.customers == earlier.customers);
    Some(points)
}
