//! Reports of an invented shop, for the example and the tests. No number in them was measured.

mod filled;
pub(crate) mod hostile;
mod monitored;
mod segments;
mod served;
mod watched;

pub(crate) use filled::filled_with;

use segmenta_report::model::*;
use segmenta_report::{Locale, Report};

pub(crate) const NO_BASELINE: &str = "no baseline yet";

/// A run with a baseline, something to watch, and every section filled.
pub(crate) fn monthly_run() -> Report {
    Report {
        schema_version: SCHEMA_VERSION.to_owned(),
        language: Locale::En,
        run: Run {
            pipeline: "retail".into(),
            description: Some("Who our customers are, what they are worth, and how each group is served".into()),
            owner: Some("crm-data@shop.example".into()),
            entity: "customer".into(),
            run_id: "20260601T050012Z-7f3a".into(),
            as_of: "2026-06-01".into(),
            started_at: "2026-06-01T05:00:12Z".into(),
            finished_at: Some("2026-06-01T05:00:58Z".into()),
            definition_version: "3".into(),
            program_version: "0.0.0".into(),
            status: RunStatus::Published,
            status_reason: None,
        },
        baseline: Figure::Known(Baseline {
            run_id: "20260501T050009Z-19bc".into(),
            as_of: "2026-05-01".into(),
            definition_version: "3".into(),
            chosen_by: "accepted".into(),
        }),
        verdict: Verdict {
            level: Level::Watch,
            headline: "13.1% of customers changed their segment, above the warning limit of 10%; margin is up 2.1%."
                .into(),
            actions: vec![
                Action {
                    segment: Some("cannot_lose_them".into()),
                    text: "Call the big spenders who have gone quiet: 96 came in from loyal since the baseline.".into(),
                    worth: Figure::Known(4_182_000),
                    since: Some("2026-06-01".into()),
                },
                Action {
                    segment: Some("hibernating".into()),
                    text: "The discount of 5% leaves too little margin; 214 discounts were cut down to the floor."
                        .into(),
                    worth: Figure::missing("not worked out"),
                    since: Some("2026-05-01".into()),
                },
            ],
        },
        currency: Some(Currency::iso_4217("EUR")),
        totals: totals(),
        schemes: segments::schemes(),
        concentration: Figure::Known(watched::concentration()),
        drift: watched::drift(),
        checks: watched::checks(),
        strategy: Figure::Known(served::strategy()),
        criteria: segments::criteria(),
        sources: sources(),
        provenance: provenance(),
        monitoring: Some(monitored::monitoring()),
        smallest_group: Some(10),
    }
}

/// The same shop's first run: nothing to compare with.
pub(crate) fn first_run() -> Report {
    let mut report = monthly_run();
    report.baseline = Figure::missing(NO_BASELINE);
    report.monitoring = Some(Monitoring::default());
    report.verdict = Verdict {
        level: Level::NoVerdict,
        headline: "First run: 2,000 customers in 11 segments. The next run will be compared with this one once it is accepted.".into(),
        actions: vec![],
    };
    let totals = &mut report.totals;
    totals.customers.baseline = Figure::missing(NO_BASELINE);
    totals.with_purchases.baseline = Figure::missing(NO_BASELINE);
    for money in [&mut totals.revenue, &mut totals.cm1, &mut totals.cm3, &mut totals.margin] {
        money.baseline = Figure::missing(NO_BASELINE);
    }
    for scheme in &mut report.schemes {
        scheme.migration = Figure::missing(NO_BASELINE);
        for segment in &mut scheme.segments {
            segment.baseline = Figure::missing(NO_BASELINE);
        }
    }
    report.drift.clear();
    for check in &mut report.checks {
        if check.metric != "null_rate" {
            check.value = Figure::missing(NO_BASELINE);
            check.outcome = Outcome::NoBaseline;
            check.text = "there is no earlier run to compare with".into();
        }
    }
    report
}

fn totals() -> Totals {
    let money = |current, baseline| Compared { current: Figure::Known(current), baseline: Figure::Known(baseline) };
    let no_order_cost = "the pipeline gives no order cost";
    Totals {
        customers: Compared { current: Figure::Known(2_000), baseline: Figure::Known(1_968) },
        with_purchases: Compared { current: Figure::Known(1_874), baseline: Figure::Known(1_841) },
        revenue: money(98_417_236, 97_120_418),
        cm1: money(37_911_904, 37_230_117),
        cm2: Compared { current: Figure::missing(no_order_cost), baseline: Figure::missing(no_order_cost) },
        cm3: money(31_288_441, 30_644_902),
        margin: money(31_288_441, 30_644_902),
    }
}

fn sources() -> Vec<Source> {
    let rejected = |rule: &str, column: Option<&str>, rows| Rejected {
        rule: rule.into(),
        column: column.map(str::to_owned),
        rows,
    };
    let filtered = |filter: &str, rows| Filtered { filter: filter.into(), rows };
    vec![
        Source {
            name: "customers".into(),
            found: 2_000,
            accepted: 2_000,
            quarantined: vec![],
            bad_rows: BadRows::Fail,
            filtered: vec![],
            blank: 0,
            counted: Figure::Known(2_000),
            ties_out: true,
            coverage: Figure::Known(1.0),
            newest: None,
        },
        Source {
            name: "orders".into(),
            found: 41_386,
            accepted: 40_122,
            quarantined: vec![
                rejected("references", Some("customer_id"), 61),
                rejected("in", Some("channel"), 18),
                rejected("type", Some("unit_price"), 4),
                rejected("malformed row", None, 2),
            ],
            bad_rows: BadRows::Quarantine,
            filtered: vec![filtered("event_time at or after as_of", 1_164), filtered("duplicate", 12)],
            blank: 3,
            counted: Figure::Known(41_386),
            ties_out: true,
            coverage: Figure::Known(0.937),
            newest: Some("2026-05-31T23:58:41Z".into()),
        },
        Source {
            name: "touchpoints".into(),
            found: 9_804,
            accepted: 9_804,
            quarantined: vec![],
            bad_rows: BadRows::Fail,
            filtered: vec![],
            blank: 0,
            counted: Figure::missing("this format keeps no count apart from its rows"),
            ties_out: true,
            coverage: Figure::Known(0.412),
            newest: Some("2026-05-31T21:04:00Z".into()),
        },
    ]
}

fn provenance() -> Provenance {
    let hash = |seed: u8| (0..32_u8).map(|i| format!("{:02x}", i.wrapping_mul(37) ^ seed)).collect::<String>();
    let stage =
        |name: &str, elapsed_ms, rows_in, rows_out| StageTiming { name: name.into(), elapsed_ms, rows_in, rows_out };
    let input = |source: &str, bytes, rows, seed| InputFile {
        source: source.into(),
        path: format!("data/retail/{source}.parquet"),
        sha256: Figure::Known(hash(seed)),
        bytes,
        rows: Figure::Known(rows),
    };
    let output = |path: &str, rows, bytes, seed| OutputFile {
        path: path.into(),
        rows: Figure::Known(rows),
        bytes,
        sha256: hash(seed),
    };
    Provenance {
        config_hash: hash(1),
        fingerprint: hash(2),
        command: "segmenta run pipelines/retail.toml --as-of 2026-06-01".into(),
        params: vec![
            Param { name: "data".into(), value: "./data/retail".into() },
            Param { name: "clusters".into(), value: "6".into() },
        ],
        inputs: vec![
            input("customers", 61_204, 2_000, 3),
            input("orders", 902_118, 41_386, 4),
            input("touchpoints", 180_442, 9_804, 5),
        ],
        plugins: ["age_band", "kmeans", "rfm", "settlement"]
            .map(|name| PluginUsed {
                name: name.into(),
                version: "0.0.0".into(),
                sha256: Figure::missing("linked into the program"),
                origin: "linked".into(),
            })
            .into(),
        outputs: vec![
            output("segments/part-0.parquet", 4_000, 148_220, 6),
            output("actions/part-0.parquet", 2_000, 51_873, 7),
        ],
        stages: vec![
            stage("ingest", 61, Some(53_190), Some(51_926)),
            stage("features", 38, Some(51_926), Some(2_000)),
            stage("criteria", 44, Some(2_000), Some(2_000)),
            stage("schemes", 3, Some(2_000), Some(4_000)),
            stage("valuation", 6, Some(2_000), Some(2_000)),
            stage("strategy", 9, Some(2_000), Some(2_000)),
            stage("monitor", 12, None, None),
            stage("publish", 27, None, None),
        ],
        peak_memory_bytes: Figure::Known(96_468_992),
    }
}
