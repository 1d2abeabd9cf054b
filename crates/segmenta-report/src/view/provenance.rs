//! What the run was made of and how to repeat it.

use serde::Serialize;

use super::criteria::short_hash;
use crate::Report;
use crate::chart::{Bar, Scale};
use crate::format::{Numbers, Printed};
use crate::model::StageTiming;

/// The section on provenance.
#[derive(Debug, Serialize)]
pub(crate) struct ProvenanceView {
    started_at: String,
    finished_at: Option<String>,
    peak_memory: Printed,
    total: String,
    inputs: Vec<FileView>,
    outputs: Vec<FileView>,
    plugins: Vec<PluginView>,
    stages: Vec<StageView>,
}

#[derive(Debug, Serialize)]
struct FileView {
    source: Option<String>,
    path: String,
    rows: Printed,
    bytes: Printed,
    sha256: Printed,
}

#[derive(Debug, Serialize)]
struct PluginView {
    name: String,
    version: String,
    origin: String,
    sha256: Printed,
}

#[derive(Debug, Serialize)]
struct StageView {
    name: String,
    elapsed: Printed,
    bar: Bar,
    rows_in: Option<String>,
    rows_out: Option<String>,
}

pub(super) fn view(report: &Report, numbers: &Numbers) -> ProvenanceView {
    let provenance = &report.provenance;
    ProvenanceView {
        started_at: numbers.date(&report.run.started_at),
        finished_at: report.run.finished_at.as_deref().map(|at| numbers.date(at)),
        peak_memory: Printed::figure(&provenance.peak_memory_bytes, |bytes| Printed::full(numbers.bytes(*bytes))),
        total: numbers.duration_ms(provenance.stages.iter().map(|stage| stage.elapsed_ms).sum()),
        inputs: inputs(report, numbers),
        outputs: outputs(report, numbers),
        plugins: plugins(report),
        stages: stages(&provenance.stages, numbers),
    }
}

fn inputs(report: &Report, numbers: &Numbers) -> Vec<FileView> {
    let file = report.provenance.inputs.iter().map(|input| FileView {
        source: Some(input.source.clone()),
        path: input.path.clone(),
        rows: Printed::figure(&input.rows, |rows| numbers.count_printed(*rows)),
        bytes: numbers.bytes_printed(input.bytes),
        sha256: Printed::figure(&input.sha256, |sha256| short_hash(sha256)),
    });
    file.collect()
}

fn outputs(report: &Report, numbers: &Numbers) -> Vec<FileView> {
    let file = report.provenance.outputs.iter().map(|output| FileView {
        source: None,
        path: output.path.clone(),
        rows: Printed::figure(&output.rows, |rows| numbers.count_printed(*rows)),
        bytes: numbers.bytes_printed(output.bytes),
        sha256: short_hash(&output.sha256),
    });
    file.collect()
}

fn plugins(report: &Report) -> Vec<PluginView> {
    let plugin = report.provenance.plugins.iter().map(|plugin| PluginView {
        name: plugin.name.clone(),
        version: plugin.version.clone(),
        origin: plugin.origin.clone(),
        sha256: Printed::figure(&plugin.sha256, |sha256| short_hash(sha256)),
    });
    plugin.collect()
}

fn stages(stages: &[StageTiming], numbers: &Numbers) -> Vec<StageView> {
    let scale = Scale::over(stages.iter().map(|stage| stage.elapsed_ms as f64));
    let stage = stages.iter().map(|stage| StageView {
        name: stage.name.clone(),
        elapsed: Printed::full(numbers.duration_ms(stage.elapsed_ms)).sorted_by(stage.elapsed_ms as f64),
        bar: Bar::new(scale, stage.elapsed_ms as f64, None),
        rows_in: stage.rows_in.map(|rows| numbers.count(rows)),
        rows_out: stage.rows_out.map(|rows| numbers.count(rows)),
    });
    stage.collect()
}
