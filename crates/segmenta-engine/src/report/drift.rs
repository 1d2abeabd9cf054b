//! Columns compared with the baseline, and the checks.

use segmenta_pipeline::model::Metric;
use segmenta_report::model::{Check, DriftBand, DriftBin, DriftKind, DriftMethod, DriftRow, Figure, Outcome, Unit};
use segmenta_stats::psi::Band;

use super::Told;
use crate::run::{check_text, metric};
use crate::stage::monitor::{self, CheckOutcome, Drift};

pub(super) fn drift(told: &Told<'_>) -> Vec<DriftRow> {
    told.staged.monitoring.drift.iter().map(row).collect()
}

fn row(drift: &Drift) -> DriftRow {
    let psi = &drift.psi;
    let band = match psi.band {
        _ if psi.is_within_noise() => DriftBand::WithinNoise,
        Some(Band::Stable) => DriftBand::Stable,
        Some(Band::Moderate) => DriftBand::Moderate,
        Some(Band::Major) => DriftBand::Major,
        None => DriftBand::Undefined,
    };
    let bin = |(label, reference, current): &(String, u64, u64)| DriftBin {
        label: label.clone(),
        reference: *reference,
        current: *current,
    };
    DriftRow {
        column: drift.column.clone(),
        kind: match drift.kind {
            monitor::DriftKind::Scheme => DriftKind::Scheme,
            monitor::DriftKind::Criterion => DriftKind::Criterion,
            monitor::DriftKind::Feature => DriftKind::Feature,
        },
        method: DriftMethod::Psi,
        value: Figure::from_option(psi.psi, "one of the runs has no rows"),
        band,
        noise_floor_99: Figure::from_option(psi.noise_floor_99, "one of the runs has no rows"),
        null_share_reference: drift.null_share_reference,
        null_share_current: drift.null_share_current,
        bins: drift.bins.iter().map(bin).collect(),
    }
}

pub(super) fn checks(told: &Told<'_>) -> Vec<Check> {
    told.staged.monitoring.checks.iter().map(report_check).collect()
}

fn report_check(check: &CheckOutcome) -> Check {
    let value = match &check.value {
        Ok(value) => Figure::finite(*value, "not a finite number"),
        Err(reason) => Figure::missing(reason.clone()),
    };
    Check {
        name: check.name.clone(),
        metric: metric(check),
        of: check.check.of.clone(),
        unit: match check.check.metric {
            Metric::Psi => Unit::Number,
            Metric::Customers => Unit::Count,
            Metric::Tv | Metric::Moved | Metric::NullRate | Metric::Change => Unit::Share,
        },
        value,
        warn: check.check.warn,
        fail: check.check.fail,
        warn_below: check.check.warn_below,
        fail_below: check.check.fail_below,
        outcome: match check.outcome {
            monitor::Outcome::Pass => Outcome::Pass,
            monitor::Outcome::Warn => Outcome::Warn,
            monitor::Outcome::Fail => Outcome::Fail,
            monitor::Outcome::NoBaseline => Outcome::NoBaseline,
            monitor::Outcome::NotMeasured => Outcome::NotMeasured,
        },
        text: check_text(check),
    }
}
