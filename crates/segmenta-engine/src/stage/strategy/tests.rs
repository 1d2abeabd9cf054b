use super::*;
use crate::fixture::{Fixture, as_of, close, floats, integers, profile, texts};
use arrow::array::{ArrayRef, BooleanArray, Float64Array, Int64Array, StringArray};
use std::sync::Arc;

/// The actions of customers of the segment `big` with these revenues and margins, who agree to
/// nothing, under `[valuation]` and these `[strategy]` keys.
async fn actions_of(strategy: &str, exceptions: &str, money: &[(f64, f64)]) -> Vec<RecordBatch> {
    let numbers = |value: &dyn Fn(&(f64, f64)) -> Option<f64>| -> ArrayRef {
        Arc::new(money.iter().map(value).collect::<Float64Array>())
    };
    let profile = profile(vec![
        ("id", Arc::new(Int64Array::from_iter_values(1..=money.len() as i64))),
        ("value", Arc::new(StringArray::from(vec!["big"; money.len()]))),
        ("spend", numbers(&|row| Some(row.0))),
        ("revenue", numbers(&|row| Some(row.0))),
        ("margin", numbers(&|row| Some(row.1))),
        ("margin_rate", numbers(&|row| (row.0 > 0.0).then(|| row.1 / row.0))),
        ("email", Arc::new(BooleanArray::from(vec![None; money.len()]))),
        ("sms", Arc::new(BooleanArray::from(vec![None; money.len()]))),
    ]);
    served(strategy, exceptions, &profile).await
}

async fn served(strategy: &str, exceptions: &str, profile: &Profile) -> Vec<RecordBatch> {
    let valuation = "[valuation]\ncurrency = \"EUR\"\nrevenue = \"spend\"\n";
    let fixture = Fixture::people(&format!("{valuation}[strategy]\nscheme = \"value\"\n{strategy}"));
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), exceptions).unwrap();
    let exceptions = Exceptions::read(file.path(), "id", as_of()).unwrap();
    let strategy = fixture.pipeline.strategy.as_ref().unwrap();
    actions(&fixture.context(), strategy, &exceptions, profile).await.unwrap()
}

const NO_EXCEPTIONS: &str = "id,owner,reason,until\n";
const HALF_PRICE: &str =
    "default = { discount = \"0%\" }\nsegments = { big = { discount = \"50%\", payment_days = 90 } }\n";

/// c = 40 % and f = 10 %: 1 − 0.6/0.9 of the discounted price, 0.4 − 0.1 of the list price.
#[tokio::test]
async fn a_margin_of_40_and_a_floor_of_10_percent_leave_a_third_or_30_percent() {
    for (reading, most) in [("", 1.0 / 3.0), (", margin_floor = \"list_price\"", 0.3)] {
        let strategy = format!("guardrails = {{ min_margin_rate = \"10%\"{reading} }}\n{HALF_PRICE}");
        let rows = actions_of(&strategy, NO_EXCEPTIONS, &[(100.0, 40.0)]).await;
        assert!(close(&floats(&rows, "discount"), &[Some(most)]), "{reading}");
        assert_eq!(texts(&rows, "discount_decided_by"), ["guardrail:min_margin_rate"]);
        assert_eq!(floats(&rows, BEFORE_GUARDRAILS), [Some(0.5)]);
    }
}

/// Margin rates: 40 %, none, 5 %, 90 %. Together 125 of 300, 41.67 %: 1 − (175/300)/0.9 = 19/54.
#[tokio::test]
async fn the_cap_is_never_negative_and_falls_back_to_the_rate_of_all() {
    let strategy = format!("guardrails = {{ min_margin_rate = \"10%\", max_payment_days = 60 }}\n{HALF_PRICE}");
    let money = [(100.0, 40.0), (0.0, -10.0), (100.0, 5.0), (100.0, 90.0)];
    let rows = actions_of(&strategy, NO_EXCEPTIONS, &money).await;
    let expected = [1.0 / 3.0, 19.0 / 54.0, 0.0, 0.5].map(Some);
    assert!(close(&floats(&rows, "discount"), &expected), "{:?}", floats(&rows, "discount"));
    let capped = "guardrail:min_margin_rate";
    assert_eq!(texts(&rows, "discount_decided_by"), [capped, capped, capped, "segment"]);
    assert_eq!(integers(&rows, "payment_days"), [Some(60); 4]);
    assert_eq!(texts(&rows, "payment_days_decided_by"), ["guardrail:max_payment_days"; 4]);
}

#[tokio::test]
async fn nobody_buys_so_no_discount_is_covered() {
    let strategy = format!("guardrails = {{ min_margin_rate = \"10%\" }}\n{HALF_PRICE}");
    let rows = actions_of(&strategy, NO_EXCEPTIONS, &[(0.0, 0.0), (-5.0, -5.0)]).await;
    assert_eq!(floats(&rows, "discount"), [Some(0.0); 2]);
}

const RULES: &str = r#"
[strategy.default]
discount = "1%"
service = "mail"
priority = 9
[strategy.segments]
big = { discount = "5%", payment_days = 30 }
[[strategy.rules]]
name = "first"
when = "spend >= 100"
set = { discount = "10%", payment_days = 14 }
[[strategy.rules]]
name = "second"
when = "spend >= 200"
set = { discount = "20%" }
"#;

#[tokio::test]
async fn a_later_rule_wins_for_the_terms_it_names() {
    let rows = actions_of(RULES, NO_EXCEPTIONS, &[(50.0, 1.0), (100.0, 1.0), (200.0, 1.0)]).await;
    assert_eq!(floats(&rows, "discount"), [0.05, 0.1, 0.2].map(Some));
    assert_eq!(texts(&rows, "discount_decided_by"), ["segment", "rule:first", "rule:second"]);
    assert_eq!(integers(&rows, "payment_days"), [30, 14, 14].map(Some));
    assert_eq!(texts(&rows, "payment_days_decided_by"), ["segment", "rule:first", "rule:first"]);
    assert_eq!(texts(&rows, "service"), ["mail"; 3]);
    assert_eq!(texts(&rows, "service_decided_by"), ["default"; 3]);
}

#[tokio::test]
async fn an_exception_beats_a_rule_and_the_guard_rail_beats_both() {
    let exceptions = "id,discount,payment_days,service,owner,reason,until\n\
                      2,25%,,call,eve,contract,2026-07-01\n\
                      3,0.9,75,,eve,contract,2027-01-01\n\
                      1,0.9,,,eve,contract,2026-06-30\n";
    let guarded = format!("guardrails = {{ min_margin_rate = \"10%\", max_payment_days = 60 }}\n{RULES}");
    let rows = actions_of(&guarded, exceptions, &[(200.0, 190.0), (200.0, 190.0), (200.0, 80.0)]).await;
    assert!(close(&floats(&rows, "discount"), &[Some(0.2), Some(0.25), Some(1.0 / 3.0)]));
    let by = ["rule:second", "exception:eve", "guardrail:min_margin_rate"];
    assert_eq!(texts(&rows, "discount_decided_by"), by);
    assert_eq!(integers(&rows, "payment_days"), [14, 14, 60].map(Some));
    assert_eq!(texts(&rows, "payment_days_decided_by")[1..], ["rule:first", "guardrail:max_payment_days"]);
    assert_eq!(texts(&rows, "service"), ["mail", "call", "mail"]);
}

#[tokio::test]
async fn the_first_channel_with_consent_is_used() {
    let agreed = |values: [Option<bool>; 4]| -> ArrayRef { Arc::new(BooleanArray::from(values.to_vec())) };
    let profile = profile(vec![
        ("id", Arc::new(Int64Array::from_iter_values(1..=4))),
        ("value", Arc::new(StringArray::from(vec!["big", "big", "big", "small"]))),
        ("email", agreed([Some(true), Some(true), Some(false), None])),
        ("sms", agreed([Some(true), None, None, Some(false)])),
    ]);
    let strategy = r#"
consent = { email = "email", sms = "sms" }
[strategy.segments]
big = { channels = ["sms", "email"] }
small = { channels = ["sms", "post", "email"] }
rest = { discount = "0%" }
"#;
    let rows = served(strategy, NO_EXCEPTIONS, &profile).await;
    assert_eq!(texts(&rows, "channel"), ["sms", "email", "none", "post"]);
}

#[test]
fn a_segment_that_occurs_must_have_terms_unless_there_is_a_default() {
    let counts = |names: &[Option<&str>]| names.iter().map(|name| (name.map(str::to_owned), 1)).collect();
    let strategy = |text: &str| Fixture::people(&format!("[strategy]\nscheme = \"value\"\n{text}")).pipeline.strategy;
    let named = strategy("default = { discount = \"0%\" }").unwrap();
    assert!(check_terms(&named, &counts(&[None, Some("small")])).is_ok());
    let bare = Strategy { default: None, ..named };
    let error = check_terms(&bare, &counts(&[None])).unwrap_err();
    assert_eq!(error.to_string(), "segment `(none)` of scheme `value` has no terms");
    assert!(check_terms(&bare, &counts(&[Some("small")])).is_err());
}
