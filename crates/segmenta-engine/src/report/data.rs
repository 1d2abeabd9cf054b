//! What was read, and what the run was made of.

use segmenta_ingest::Accounting;
use segmenta_pipeline::model::BadRowAction;
use segmenta_report::model::{
    BadRows, Figure, Filtered, InputFile, Param, PluginUsed, Provenance, Rejected, Source, StageTiming,
};

use super::Told;

pub(super) fn sources(told: &Told<'_>) -> Vec<Source> {
    told.staged.accounting.iter().map(|(name, accounting)| source(name, accounting)).collect()
}

fn source(name: &str, accounting: &Accounting) -> Source {
    let rejected = |bad: &segmenta_ingest::BadCount| Rejected {
        rule: bad.rule.as_str().to_owned(),
        column: bad.column.clone(),
        rows: bad.rows,
    };
    let removed = accounting.filtered.iter().filter(|filter| filter.removed > 0);
    Source {
        name: name.to_owned(),
        found: accounting.found,
        accepted: accounting.accepted,
        quarantined: accounting.bad.iter().map(rejected).collect(),
        bad_rows: match accounting.action {
            BadRowAction::Fail => BadRows::Fail,
            BadRowAction::Drop => BadRows::Drop,
            BadRowAction::Quarantine => BadRows::Quarantine,
        },
        filtered: removed.map(|filter| Filtered { filter: filter.name.clone(), rows: filter.removed }).collect(),
        blank: accounting.blank,
        counted: Figure::Known(accounting.found),
        ties_out: accounting.found == accounting.accounted(),
        coverage: Figure::missing("not measured"),
        newest: accounting.newest_event_us.and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok()).map(
            |at| {
                let at = at.to_zoned(jiff::tz::TimeZone::UTC).datetime();
                at.to_string()
            },
        ),
    }
}

pub(super) fn provenance(told: &Told<'_>) -> Provenance {
    let pipeline = told.request.pipeline;
    let value = |value: &segmenta_pipeline::model::ParamValue| match serde_json::json!(value) {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    };
    Provenance {
        config_hash: told.facts.config_sha256.clone(),
        fingerprint: told.facts.fingerprint.clone(),
        command: told.request.command.to_owned(),
        params: pipeline.params.iter().map(|(name, param)| Param { name: name.clone(), value: value(param) }).collect(),
        inputs: inputs(told),
        plugins: plugins(told),
        outputs: Vec::new(),
        stages: told.stages.iter().map(timing).collect(),
        peak_memory_bytes: Figure::from_option(
            told.request.surroundings.peak_memory_bytes(),
            "the system does not tell",
        ),
    }
}

fn inputs(told: &Told<'_>) -> Vec<InputFile> {
    let pinned = told.facts.pins.iter().flat_map(|(source, pins)| pins.iter().map(move |pin| (source, pin)));
    let file = |(source, pin): (&String, &segmenta_ingest::Pin)| InputFile {
        source: source.clone(),
        path: pin.file.clone(),
        sha256: Figure::missing("files are pinned by size and time"),
        bytes: pin.size,
        rows: Figure::missing("counted per source"),
    };
    pinned.map(file).collect()
}

fn plugins(told: &Told<'_>) -> Vec<PluginUsed> {
    let used = told.staged.criteria.iter();
    let plugin = |criterion: &crate::stage::criteria::CriterionFacts| PluginUsed {
        name: criterion.plugin.clone(),
        version: criterion.version.clone(),
        sha256: Figure::from_option(criterion.library_sha256.clone(), "linked into the program"),
        origin: criterion.library.clone().unwrap_or_else(|| "linked".to_owned()),
    };
    let mut plugins: Vec<PluginUsed> = used.map(plugin).collect();
    plugins.sort_by(|a, b| a.name.cmp(&b.name));
    plugins.dedup_by(|a, b| a.name == b.name && a.version == b.version);
    plugins
}

fn timing(stage: &segmenta_store::StageRecord) -> StageTiming {
    StageTiming {
        name: stage.name.clone(),
        elapsed_ms: stage.elapsed_ms,
        rows_in: Some(stage.rows_in),
        rows_out: Some(stage.rows_out),
    }
}
