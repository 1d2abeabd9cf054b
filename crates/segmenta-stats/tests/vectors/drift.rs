//! Every case of `drift.json`, by kind, every expected field within the stated tolerance.

use std::collections::BTreeMap;

use segmenta_stats::bridge::{CustomerBridge, Holding, SegmentTotal, volume_mix_rate};
use segmenta_stats::proportion::{self, Proportion};
use segmenta_stats::welch::{self, Moments};
use segmenta_stats::{
    LogHistogram, agreement, align, bh, change, chi_square, concentration, control, distance, ks, migration, psi,
    quantile, silhouette, wasserstein,
};
use serde_json::{Value, json};

use crate::reading::{counts, floats, nullable, sample, strings, table};

const N_CASES: usize = 134;

#[test]
fn every_case_of_every_kind() {
    let Some(vectors) = crate::vectors("drift.json") else {
        return;
    };
    let mut passed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for case in vectors["cases"].as_array().unwrap() {
        let kind = case["kind"].as_str().unwrap();
        let found = answer(kind, &case["input"]);
        let tolerance = Tolerance::of(&case["tolerance"]);
        let before = failures.len();
        tolerance.compare(case["id"].as_str().unwrap(), &case["expected"], &found, &mut failures);
        *passed.entry(kind).or_default() += usize::from(failures.len() == before);
    }
    for (kind, n) in &passed {
        println!("{kind}: {n} of {}", vectors["counts"][kind]);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    assert_eq!(passed.values().sum::<usize>(), N_CASES);
    assert_eq!(json!(passed), sorted(&vectors["counts"]));
}

fn sorted(counts: &Value) -> Value {
    let counts: BTreeMap<String, usize> = serde_json::from_value(counts.clone()).unwrap();
    json!(counts)
}

/// What this crate says to the input of a case, with the case's names for the fields.
fn answer(kind: &str, input: &Value) -> Value {
    match kind {
        "psi_counts" => json!(psi::of_counts(&counts(&input["ref_counts"]), &counts(&input["cur_counts"])).unwrap()),
        "psi_numeric" => psi_numeric(input),
        "dist_counts" => {
            json!(distance::of_counts(&counts(&input["ref_counts"]), &counts(&input["cur_counts"])).unwrap())
        }
        "chi2" => json!(chi_square::homogeneity(&counts(&input["ref_counts"]), &counts(&input["cur_counts"])).unwrap()),
        "ks" => renamed(
            ks::of_samples(&sample(&input["ref"]), &sample(&input["cur"])),
            &[("n_ref", "n_reference"), ("n_cur", "n_current")],
        ),
        "wasserstein" => renamed(
            wasserstein::of_samples(&sample(&input["ref"]), &sample(&input["cur"])),
            &[("w1_evidently", "w1_per_std")],
        ),
        "ari" => ari(input),
        "silhouette" => silhouettes(input),
        "gini_lorenz" => json!(concentration::of_sample(&sample(&input["values"]))),
        "quantiles" => {
            json!(quantile::quantiles(&sample(&input["values"]), &floats(&input["q"])).unwrap())
        }
        "sketch_quantile" => sketch_quantile(input),
        "migration" => json!(migration::of_table(&table(&input["matched"])).unwrap()),
        "align" => alignment(input),
        "mix_rate" => mix_rate(input),
        "bridge" => customer_bridge(input),
        "bh" => {
            json!(bh::adjust(&nullable(&input["p"]), input["alpha"].as_f64().unwrap()).unwrap())
        }
        "t_interval" => json!(
            control::prediction_interval(
                &nullable(&input["history"]),
                input["x"].as_f64(),
                input["alpha"].as_f64().unwrap()
            )
            .unwrap()
        ),
        "ewma" => json!(
            control::ewma(&nullable(&input["z"]), input["lambda"].as_f64().unwrap(), input["L"].as_f64().unwrap())
                .unwrap()
        ),
        "cusum" => json!(
            control::cusum(&nullable(&input["z"]), input["k"].as_f64().unwrap(), input["h"].as_f64().unwrap()).unwrap()
        ),
        "western_electric" => json!(control::western_electric(&nullable(&input["z"]))),
        "proportion" => proportions(input),
        "welch" => means(input),
        "relative_change" => json!(change::relative(input["prev"].as_f64(), input["cur"].as_f64())),
        other => panic!("no statistic for the kind `{other}`"),
    }
}

/// A result with further fields under the names of the cases.
fn renamed(result: impl serde::Serialize, names: &[(&str, &str)]) -> Value {
    let mut found = json!(result);
    for (case, ours) in names {
        found[*case] = found[*ours].clone();
    }
    found
}

fn psi_numeric(input: &Value) -> Value {
    let n_bins = input["bins"].as_u64().unwrap() as usize;
    let found = psi::of_samples(&sample(&input["ref"]), &sample(&input["cur"]), n_bins);
    renamed(found, &[("ref_counts", "reference_counts"), ("cur_counts", "current_counts")])
}

fn ari(input: &Value) -> Value {
    let (a, b, table) = agreement::cross_table(&strings(&input["a"]), &strings(&input["b"])).unwrap();
    let mut found = json!(agreement::of_table(&table));
    let best = a.iter().cloned().zip(found["jaccard_best"].as_array().unwrap().clone());
    found["jaccard_best"] = best.collect();
    found["contingency"] = table.rows().map(|row| json!(row)).collect();
    (found["labels_a"], found["labels_b"]) = (json!(a), json!(b));
    found
}

fn silhouettes(input: &Value) -> Value {
    let points: Vec<Vec<f64>> = input["points"].as_array().unwrap().iter().map(floats).collect();
    let labels: Vec<u32> = counts(&input["labels"]).into_iter().map(|label| label as u32).collect();
    let coordinates = points.concat();
    let mut found = json!(silhouette::exact(&coordinates, points[0].len(), &labels).unwrap());
    let simplified = silhouette::simplified(&coordinates, points[0].len(), &labels).unwrap();
    found["simplified_mean"] = json!(simplified.mean);
    found
}

fn sketch_quantile(input: &Value) -> Value {
    let values = nullable(&input["values"]);
    let whole: LogHistogram = values.iter().copied().collect();
    for n_parts in [2, 3, 7] {
        let mut merged = LogHistogram::default();
        for start in (0..n_parts).rev() {
            merged.merge(&values.iter().rev().skip(start).step_by(n_parts).copied().collect());
        }
        assert_eq!(merged, whole, "{n_parts} parts");
    }
    let quantiles: Option<Vec<f64>> = floats(&input["q"]).into_iter().map(|q| whole.quantile(q)).collect();
    json!({"status": "ok", "quantiles": quantiles})
}

fn alignment(input: &Value) -> Value {
    let (old, new) = (counts(&input["prev_sizes"]), counts(&input["cur_sizes"]));
    json!(align::of_overlap(&table(&input["overlap"]), &old, &new).unwrap())
}

fn mix_rate(input: &Value) -> Value {
    let (before, after) = (input["prev"].as_object().unwrap(), input["cur"].as_object().unwrap());
    let mut names: Vec<&String> = before.keys().chain(after.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let total = |side: &serde_json::Map<String, Value>, name: &str| {
        let held = side.get(name);
        let number = |position: usize| held.map_or(0.0, |held| held[position].as_f64().unwrap());
        SegmentTotal { n: number(0) as u64, value: number(1) }
    };
    let totals = |side| names.iter().map(|name| total(side, name)).collect::<Vec<_>>();
    let bridge = volume_mix_rate(&totals(before), &totals(after)).unwrap();
    let by_name =
        |effects: &[f64]| names.iter().map(|name| name.as_str()).zip(effects.iter().map(|e| json!(e))).collect();
    let named = |positions: &[usize]| positions.iter().map(|&position| names[position].as_str()).collect();
    let mut found = json!(bridge);
    found["mix_by_segment"] = by_name(&bridge.mix_by_segment);
    found["rate_by_segment"] = by_name(&bridge.rate_by_segment);
    found["new_segments"] = named(&bridge.new_segments);
    found["vanished_segments"] = named(&bridge.vanished_segments);
    found
}

fn customer_bridge(input: &Value) -> Value {
    let (before, after) = (input["prev"].as_object().unwrap(), input["cur"].as_object().unwrap());
    let holding = |held: Option<&Value>| {
        let held = held?;
        let segment = usize::from(held[0].as_str().unwrap().as_bytes()[0]);
        Some(Holding { segment, value_minor: held[1].as_i64().unwrap() })
    };
    let mut bridge = CustomerBridge::default();
    for (customer, held) in before {
        bridge.add(holding(Some(held)), holding(after.get(customer)));
    }
    for (customer, held) in after.iter().filter(|(customer, _)| !before.contains_key(*customer)) {
        assert!(customer.starts_with('c'));
        bridge.add(None, holding(Some(held)));
    }
    json!({
        "status": "ok",
        "effects_cents": bridge,
        "counts": {
            "new": bridge.n_new, "lost": bridge.n_lost, "stay": bridge.n_stay,
            "move": bridge.n_move_up + bridge.n_move_down + bridge.n_move_flat,
        },
        "total_change_cents": bridge.total_change(),
    })
}

fn proportions(input: &Value) -> Value {
    let side =
        |n_yes: &str, n: &str| Proportion { n_yes: input[n_yes].as_u64().unwrap(), n: input[n].as_u64().unwrap() };
    let found = proportion::compare(side("x_ref", "n_ref"), side("x_cur", "n_cur")).unwrap();
    let names = [("rate_ref", "rate_reference"), ("rate_cur", "rate_current"), ("wilson_cur", "wilson_current")];
    renamed(found, &names)
}

fn means(input: &Value) -> Value {
    let side = |name: &str| {
        let sums = floats(&input[name]);
        Moments::from_sums(sums[0] as u64, sums[1], sums[2])
    };
    let names = [("mean_ref", "mean_reference"), ("mean_cur", "mean_current")];
    renamed(welch::compare(side("ref"), side("cur")), &names)
}

struct Tolerance {
    rel: f64,
    abs: f64,
}

impl Tolerance {
    fn of(value: &Value) -> Self {
        Self { rel: value["rel"].as_f64().unwrap(), abs: value["abs"].as_f64().unwrap() }
    }

    /// Adds a line for every expected field that is not met; informational fields are passed over.
    fn compare(&self, path: &str, expected: &Value, found: &Value, failures: &mut Vec<String>) {
        match (expected, found) {
            (Value::Object(fields), Value::Object(_)) => {
                for (name, value) in fields.iter().filter(|(name, _)| !name.ends_with("_informational")) {
                    self.compare(&format!("{path}.{name}"), value, &found[name], failures);
                }
            }
            (Value::Array(items), Value::Array(others)) if items.len() == others.len() => {
                for (position, (item, other)) in items.iter().zip(others).enumerate() {
                    self.compare(&format!("{path}[{position}]"), item, other, failures);
                }
            }
            (Value::Number(_), Value::Number(_)) if self.holds(expected, found) => {}
            _ if !expected.is_number() && expected == found => {}
            _ => failures.push(format!("{path}: expected {expected}, found {found}")),
        }
    }

    /// Integers must be equal, other numbers within the tolerance.
    fn holds(&self, expected: &Value, found: &Value) -> bool {
        let (number, other) = (expected.as_f64().unwrap(), found.as_f64().unwrap());
        if expected.is_f64() { (other - number).abs() <= self.abs + self.rel * number.abs() } else { number == other }
    }
}
