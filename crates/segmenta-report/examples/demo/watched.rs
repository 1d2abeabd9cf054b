//! Concentration, drift and checks of the invented shop.

use segmenta_report::model::*;

pub(crate) fn concentration() -> Concentration {
    let point = |customers: f64, value: f64| CurvePoint { customers, value };
    let hundredths = (0..=100).map(|i| f64::from(i) / 100.0);
    Concentration {
        customers: 2_000,
        gini: Figure::Known(0.6108),
        top_shares: [(0.01, 0.1402), (0.05, 0.3411), (0.10, 0.4823), (0.20, 0.6512)]
            .map(|(top, share)| TopShare { top, share })
            .into(),
        lorenz: Figure::Known(hundredths.clone().map(|x| point(x, x.powf(4.7))).collect()),
        whale: Figure::Known(WhaleCurve {
            points: hundredths.map(|x| point(x, 3.5 * x - 2.5 * x * x)).collect(),
            peak: 1.225,
            peak_at: 0.7,
            customers_negative: 600,
        }),
    }
}

pub(crate) fn drift() -> Vec<DriftRow> {
    let features = [
        ("income", 0.312, DriftBand::Major, 0.094),
        ("days_since_last", 0.128, DriftBand::Moderate, 0.0),
        ("orders_total", 0.031, DriftBand::Stable, 0.0),
        ("spend_total", 0.0163, DriftBand::WithinNoise, 0.0),
    ];
    let feature = |(column, value, band, null_share_current): (&str, f64, DriftBand, f64)| DriftRow {
        column: column.to_owned(),
        kind: DriftKind::Feature,
        method: DriftMethod::Psi,
        value: Figure::Known(value),
        band,
        noise_floor_99: Figure::Known(0.0218),
        null_share_reference: if null_share_current > 0.0 { 0.031 } else { 0.0 },
        null_share_current,
        bins: bins(value),
    };
    let labels = DriftRow {
        column: "value".into(),
        kind: DriftKind::Scheme,
        method: DriftMethod::Tv,
        value: Figure::Known(0.021),
        band: DriftBand::Stable,
        noise_floor_99: Figure::missing("not defined for this distance"),
        null_share_reference: 0.0,
        null_share_current: 0.0,
        bins: ["champions", "loyal", "at_risk", "lost"]
            .map(|label| DriftBin { label: label.into(), reference: 490, current: 480 + label.len() as u64 })
            .into(),
    };
    features.map(feature).into_iter().chain([labels]).collect()
}

fn bins(tilt: f64) -> Vec<DriftBin> {
    let bin = |i: u64| DriftBin {
        label: format!("({}, {}]", i * 40, (i + 1) * 40),
        reference: 197,
        current: (197.0 * (1.0 + tilt * (i as f64 - 4.5) / 3.0)) as u64,
    };
    (0..10).map(bin).collect()
}

pub(crate) fn checks() -> Vec<Check> {
    let check = |name: &str, metric: &str, of: &str, unit, value, warn, fail, outcome, text: &str| Check {
        name: name.into(),
        metric: metric.into(),
        of: of.into(),
        unit,
        value: Figure::Known(value),
        warn,
        fail,
        warn_below: None,
        fail_below: None,
        outcome,
        text: text.into(),
    };
    vec![
        check(
            "value_shares",
            "psi",
            "value",
            Unit::Number,
            0.0121,
            Some(0.1),
            Some(0.25),
            Outcome::Pass,
            "the segment shares hardly changed",
        ),
        check(
            "movers",
            "moved",
            "value",
            Unit::Share,
            0.1308,
            Some(0.1),
            Some(0.4),
            Outcome::Warn,
            "13.1% of customers moved, more than 10%",
        ),
        check(
            "unassigned",
            "null_rate",
            "age",
            Unit::Share,
            0.024,
            Some(0.05),
            Some(0.2),
            Outcome::Pass,
            "2.4% of customers have no age band",
        ),
        Check {
            warn_below: Some(1_500.0),
            ..check(
                "enough",
                "customers",
                "customers",
                Unit::Count,
                2_000.0,
                None,
                None,
                Outcome::Pass,
                "2,000 customers",
            )
        },
        check(
            "margin",
            "change",
            "margin",
            Unit::Share,
            0.021,
            Some(0.1),
            None,
            Outcome::Pass,
            "margin changed by 2.1%",
        ),
    ]
}
