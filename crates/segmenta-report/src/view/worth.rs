//! How unevenly value is spread: whale curve, Lorenz curve, share of the best customers.

use serde::Serialize;

use crate::Report;
use crate::chart::{Curve, CurveShape};
use crate::format::{Numbers, Printed};
use crate::model::{Concentration, CurvePoint, WhaleCurve};

const ORIGIN: CurvePoint = CurvePoint { customers: 0.0, value: 0.0 };
const END: CurvePoint = CurvePoint { customers: 1.0, value: 1.0 };

/// The section on worth; `reason` says why it is empty.
#[derive(Debug, Serialize)]
pub(crate) struct Worth {
    reason: Option<String>,
    measured: Option<Measured>,
}

#[derive(Debug, Serialize)]
struct Measured {
    customers: String,
    gini: Printed,
    top: Vec<Top>,
    top_fifth: Option<String>,
    whale: Option<Whale>,
    whale_reason: Option<String>,
    lorenz: Option<Lorenz>,
    lorenz_reason: Option<String>,
}

#[derive(Debug, Serialize)]
struct Top {
    top: String,
    share: Printed,
}

#[derive(Debug, Serialize)]
struct Whale {
    shape: CurveShape,
    peak: String,
    peak_at: String,
    erosion: String,
    erodes: bool,
    negative: String,
    negative_share: String,
    table: Vec<CurveRow>,
}

#[derive(Debug, Serialize)]
struct Lorenz {
    shape: CurveShape,
    marked: bool,
    table: Vec<CurveRow>,
}

#[derive(Debug, Serialize)]
struct CurveRow {
    customers: String,
    value: String,
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> Worth {
    Worth {
        reason: report.concentration.reason().map(str::to_owned),
        measured: report.concentration.known().map(|measured| section(measured, numbers)),
    }
}

fn section(concentration: &Concentration, numbers: &Numbers) -> Measured {
    let whale = &concentration.whale;
    let lorenz = &concentration.lorenz;
    let fifth = concentration.top_shares.iter().find(|top| (top.top - 0.2).abs() < 1e-9);
    Measured {
        customers: numbers.count(concentration.customers),
        gini: Printed::figure(&concentration.gini, |gini| numbers.index_printed(*gini)),
        top: tops(concentration, numbers),
        top_fifth: fifth.map(|top| numbers.share(top.share)),
        whale: whale.known().map(|curve| whale_view(curve, concentration.customers, numbers)),
        whale_reason: whale.reason().map(str::to_owned),
        lorenz: lorenz.known().map(|points| lorenz_view(points, numbers)),
        lorenz_reason: lorenz.reason().map(str::to_owned),
    }
}

fn tops(concentration: &Concentration, numbers: &Numbers) -> Vec<Top> {
    let top = concentration
        .top_shares
        .iter()
        .map(|top| Top { top: numbers.threshold_share(top.top), share: numbers.share_printed(top.share) });
    top.collect()
}

fn whale_view(whale: &WhaleCurve, customers: u64, numbers: &Numbers) -> Whale {
    let curve = Curve {
        points: &whale.points,
        reference: [CurvePoint { customers: 0.0, value: 1.0 }, END],
        mark: Some(CurvePoint { customers: whale.peak_at, value: whale.peak }),
    };
    let negative_share = super::summary::ratio(whale.customers_negative, customers);
    Whale {
        shape: curve.shape(numbers),
        peak: numbers.share(whale.peak),
        peak_at: numbers.share(whale.peak_at),
        erosion: numbers.share(whale.peak - 1.0),
        erodes: whale.peak > 1.0 + 1e-9,
        negative: numbers.count(whale.customers_negative),
        negative_share: numbers.share(negative_share),
        table: table(&whale.points, numbers),
    }
}

fn lorenz_view(points: &[CurvePoint], numbers: &Numbers) -> Lorenz {
    let mark = points.iter().copied().find(|point| (point.customers - 0.8).abs() < 1e-9);
    let curve = Curve { points, reference: [ORIGIN, END], mark };
    Lorenz { shape: curve.shape(numbers), marked: mark.is_some(), table: table(points, numbers) }
}

/// The curve at every tenth of the customers: the point at or next before each.
fn table(points: &[CurvePoint], numbers: &Numbers) -> Vec<CurveRow> {
    let tenths = (1..=10).map(|tenth| f64::from(tenth) / 10.0);
    let row = |tenth: f64| {
        let point = points.iter().rfind(|point| point.customers <= tenth + 1e-9)?;
        Some(CurveRow { customers: numbers.share(point.customers), value: numbers.share(point.value) })
    };
    tenths.filter_map(row).collect()
}
