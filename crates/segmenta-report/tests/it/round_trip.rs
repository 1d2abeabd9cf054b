//! `report.json`.

use segmenta_report::{Error, from_json, model::Figure, to_json};

use crate::demo;

#[test]
fn a_report_read_back_is_equal() {
    for report in [demo::monthly_run(), demo::first_run()] {
        let text = to_json(&report).unwrap();
        assert!(text.ends_with("}\n"));
        assert_eq!(from_json(&text).unwrap(), report);
        assert_eq!(to_json(&from_json(&text).unwrap()).unwrap(), text);
    }
}

#[test]
fn a_number_that_json_cannot_hold_is_refused() {
    let mut report = demo::monthly_run();
    report.schemes[0].segments[0].share = f64::NAN;
    assert!(matches!(to_json(&report), Err(Error::NotFinite)));
    let mut report = demo::monthly_run();
    report.drift[0].value = Figure::Known(f64::INFINITY);
    assert!(matches!(to_json(&report), Err(Error::NotFinite)));
}

#[test]
fn newer_minor_versions_are_read_and_other_majors_refused() {
    let text = to_json(&demo::monthly_run()).unwrap();
    let newer = text.replacen(r#""schema_version": "1.0""#, r#""schema_version": "1.9", "later": 1"#, 1);
    assert_eq!(from_json(&newer).unwrap().schema_version, "1.9");
    let other = text.replacen(r#""schema_version": "1.0""#, r#""schema_version": "2.0""#, 1);
    assert!(matches!(from_json(&other), Err(Error::SchemaVersion { found, .. }) if found == "2.0"));
    assert!(matches!(from_json("{}"), Err(Error::Read(_))));
}
