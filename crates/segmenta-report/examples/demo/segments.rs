//! Schemes and criteria of the invented shop.

use segmenta_report::model::*;

/// Name, customers now and before, revenue and margin in cents.
const VALUE: [(&str, u64, u64, i64, i64); 12] = [
    ("champions", 214, 205, 38_120_455, 13_018_230),
    ("loyal", 168, 181, 17_804_112, 5_937_801),
    ("potential_loyalist", 231, 222, 11_730_221, 3_790_114),
    ("cannot_lose_them", 142, 118, 9_980_340, 3_211_906),
    ("at_risk", 96, 101, 5_112_008, 1_480_122),
    ("need_attention", 178, 172, 5_044_210, 1_500_610),
    ("new_customers", 203, 214, 3_920_017, 1_166_430),
    ("promising", 121, 118, 2_380_118, 690_331),
    ("about_to_sleep", 155, 160, 1_801_554, 410_908),
    ("hibernating", 201, 198, 1_512_091, 160_212),
    ("lost", 165, 152, 1_012_110, -78_223),
    ("no_orders", 126, 127, 0, 0),
];

/// Name, customers now and before, revenue and margin in cents.
const LIFE: [(&str, u64, u64, i64, i64); 3] = [
    ("young_urban", 412, 401, 17_220_190, 5_470_204),
    ("families", 639, 630, 34_870_771, 11_160_018),
    ("everyone_else", 949, 937, 46_326_275, 14_658_219),
];

/// Discount, days to pay, priority, service, channels, offer.
type TermsRow = (f64, i64, i64, &'static str, &'static [&'static str], &'static str);

/// The terms of each segment of `value`.
const TERMS: [TermsRow; 12] = [
    (0.05, 60, 1, "call", &["sms", "email"], "early_access"),
    (0.05, 45, 2, "call", &["email", "sms"], "loyalty_points"),
    (0.08, 30, 3, "chat", &["email", "sms"], "second_category"),
    (0.15, 30, 1, "call", &["sms", "email"], "personal_call"),
    (0.15, 14, 3, "call", &["email", "sms"], "win_back"),
    (0.10, 14, 6, "chat", &["email", "sms"], "reminder"),
    (0.10, 14, 4, "chat", &["email", "sms"], "welcome"),
    (0.10, 14, 5, "chat", &["email", "sms"], "bundle"),
    (0.12, 14, 7, "chat", &["email", "sms"], "reminder"),
    (0.05, 0, 9, "self_service", &["email"], "clearance"),
    (0.0, 0, 10, "self_service", &["email"], "none"),
    (0.10, 0, 8, "self_service", &["email"], "first_order"),
];

pub(crate) fn schemes() -> Vec<Scheme> {
    let rules = ["age in ('<25', '25-34') and density = 'city'", "household_size >= 3", "none of the rules holds"];
    let mut life = segments(&LIFE);
    for (segment, rule) in life.iter_mut().zip(rules) {
        segment.rule = Some(rule.to_owned());
        segment.potential = Figure::missing("worked out for the served scheme only");
    }
    let mut value = segments(&VALUE);
    for (segment, (discount, days, priority, service, channels, offer)) in value.iter_mut().zip(TERMS) {
        segment.terms = Some(Terms {
            discount: Some(discount),
            payment_days: Some(days),
            priority: Some(priority),
            service: Some(service.to_owned()),
            channels: channels.iter().map(|&channel| channel.to_owned()).collect(),
            offer: Some(offer.to_owned()),
        });
    }
    vec![
        Scheme {
            name: "value".into(),
            kind: SchemeKind::Strategic,
            goal: "Decide terms, discounts and service level".into(),
            migration: Figure::Known(migration(&VALUE)),
            segments: value,
            limits: vec![LimitFinding {
                limit: "segments".into(),
                level: Level::Watch,
                text: "12 segments are at the limit of 12".into(),
            }],
        },
        Scheme {
            name: "life".into(),
            kind: SchemeKind::Operational,
            goal: "Choose campaign content".into(),
            migration: Figure::Known(migration(&LIFE)),
            segments: life,
            limits: vec![],
        },
    ]
}

fn segments(rows: &[(&str, u64, u64, i64, i64)]) -> Vec<Segment> {
    let customers: u64 = rows.iter().map(|row| row.1).sum();
    let before: u64 = rows.iter().map(|row| row.2).sum();
    let revenue: i64 = rows.iter().map(|row| row.3).sum();
    let margin: i64 = rows.iter().map(|row| row.4).sum();
    let segment = |row: &(&str, u64, u64, i64, i64)| Segment {
        name: row.0.to_owned(),
        rule: None,
        customers: row.1,
        share: row.1 as f64 / customers as f64,
        revenue: Figure::Known(row.3),
        revenue_share: Figure::Known(row.3 as f64 / revenue as f64),
        margin: Figure::Known(row.4),
        margin_share: Figure::Known(row.4 as f64 / margin as f64),
        margin_rate: Figure::finite(row.4 as f64 / row.3 as f64, "no revenue to divide by"),
        mean_margin: Figure::Known(row.4 / row.1 as i64),
        potential: Figure::Known(row.1 as i64 * 9_312),
        terms: None,
        baseline: Figure::Known(SegmentBaseline {
            customers: row.2,
            share: row.2 as f64 / before as f64,
            revenue: Figure::Known(row.3 / 100 * 98),
            margin: Figure::Known(row.4 / 100 * 98 + 11_200),
        }),
    };
    rows.iter().map(segment).collect()
}

/// Most stay, some go to the next segment, a few anywhere.
fn migration(rows: &[(&str, u64, u64, i64, i64)]) -> Migration {
    let size = rows.len();
    let matched = rows.iter().enumerate().map(|(i, row)| {
        let cell = |j: usize| match j {
            _ if j == i => row.2 * 84 / 100,
            _ if j == (i + 1) % size => row.2 * 9 / 100,
            _ if j + 1 == i => row.2 * 4 / 100,
            _ => u64::from((i * 7 + j * 5).is_multiple_of(6)),
        };
        (0..size).map(cell).collect()
    });
    let matched: Vec<Vec<u64>> = matched.collect();
    let all: u64 = matched.iter().flatten().sum();
    let stayed: u64 = (0..size).map(|i| matched[i][i]).sum();
    let stability = stayed as f64 / all as f64;
    Migration {
        labels: rows.iter().map(|row| row.0.to_owned()).collect(),
        new: rows.iter().map(|row| row.1 / 40).collect(),
        gone: rows.iter().map(|row| row.2 / 60).collect(),
        matched,
        stability: Figure::Known(stability),
        moved_share: Figure::Known(1.0 - stability),
        net_moved_share: Figure::Known(0.021),
    }
}

pub(crate) fn criteria() -> Vec<Criterion> {
    let labels = |rows: &[(&str, u64, u64, i64, i64)]| {
        rows.iter().map(|row| LabelCount { label: Some(row.0.to_owned()), customers: row.1 }).collect()
    };
    let linked = || Figure::missing("linked into the program");
    vec![
        Criterion {
            name: "rfm".into(),
            description: Some("Recency, frequency and monetary value in five steps each".into()),
            plugin: "rfm".into(),
            plugin_version: "0.0.0".into(),
            plugin_sha256: linked(),
            inputs: vec!["recency = days_since_last".into(), "frequency = orders_total".into(), "monetary = spend_total".into()],
            options: vec!["bins = 5".into(), "ties = strictly_below".into(), "names = standard".into()],
            fitted_at: Figure::Known("2026-04-01".into()),
            refit: Some("quarterly".into()),
            labels: labels(&VALUE),
            notes: vec![
                "Tie rule strictly_below: a customer's score counts the share of customers who are strictly worse, so identical customers always share a score.".into(),
                "Frequency score 2 is empty: half of the customers have exactly one order.".into(),
            ],
            tables: vec![ModelTable {
                caption: "Lower edges of the scores".into(),
                columns: vec!["Score".into(), "Recency, days".into(), "Frequency, orders".into(), "Monetary, EUR".into()],
                rows: vec![
                    vec![Cell::Number(5.0), Cell::Number(0.0), Cell::Number(9.0), Cell::Number(812.4)],
                    vec![Cell::Number(4.0), Cell::Number(21.0), Cell::Number(5.0), Cell::Number(402.15)],
                    vec![Cell::Number(3.0), Cell::Number(58.0), Cell::Number(2.0), Cell::Number(188.0)],
                    vec![Cell::Number(2.0), Cell::Number(121.0), Cell::Empty(()), Cell::Number(74.9)],
                    vec![Cell::Number(1.0), Cell::Number(240.0), Cell::Number(1.0), Cell::Text("below".into())],
                ],
            }],
        },
        Criterion {
            name: "age".into(),
            description: None,
            plugin: "age_band".into(),
            plugin_version: "0.0.0".into(),
            plugin_sha256: Figure::Known("9b74c9897bac770ffc029102a200c5de1f6a2b0d6ad5f1c0aa34bd3c4c1b6a01".into()),
            inputs: vec!["birth_date = birth_date".into()],
            options: vec!["bands = [25, 35, 45, 55, 65]".into()],
            fitted_at: Figure::missing("not a fitted criterion"),
            refit: None,
            labels: vec![
                LabelCount { label: Some("<25".into()), customers: 301 },
                LabelCount { label: Some("25-34".into()), customers: 512 },
                LabelCount { label: Some("35-44".into()), customers: 480 },
                LabelCount { label: Some("45-54".into()), customers: 377 },
                LabelCount { label: Some("55+".into()), customers: 282 },
                LabelCount { label: None, customers: 48 },
            ],
            notes: vec![],
            tables: vec![],
        },
    ]
}
