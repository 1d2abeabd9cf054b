//! The two sample data sets: what is wrong with them was written down when they were made.

use serde_json::{Value, json};

use crate::case::Case;
use crate::published::{self, Published};

/// Runs a case's pipeline on the data shipped with it; gives what is wrong with that data, too.
fn run(case: &Case, folder: &str) -> (Published, Value) {
    let folder = format!("{}/../pipelines/data/{folder}", env!("CARGO_MANIFEST_DIR"));
    let dirt = published::json(format!("{folder}/dirt.json").as_ref());
    let as_of = dirt["as_of"].as_str().unwrap();
    let (data, out) = (format!("data={folder}"), "out=./out");
    case.run(&["--as-of", as_of, "--param", &data, "--param", out]).expect(0, "published");
    let published = Published::newest(case);
    published.assert_tied_out();
    (published, dirt)
}

#[test]
fn the_shop() {
    let case = Case::shipped("retail.toml");
    let (published, dirt) = run(&case, "retail");
    let quarantined = json!({
        "category: null": dirt["orders"]["bad"]["null_category"],
        "channel: in": dirt["orders"]["bad"]["unknown_channel"],
        "customer_id: references": dirt["orders"]["bad"]["unknown_customer"],
        "unit_price: min": dirt["orders"]["bad"]["negative_price"],
    });
    assert_eq!(published.accounting("orders")["quarantined"], quarantined);
    for source in ["customers", "orders", "touchpoints"] {
        assert_eq!(published.accounting(source)["found"], dirt[source]["rows"], "{source}");
    }
    for source in ["orders", "touchpoints"] {
        let filtered = json!({ "event_time": dirt[source]["late"] });
        assert_eq!(published.accounting(source)["filtered"], filtered, "{source}");
    }
}

#[test]
fn the_accounts() {
    let case = Case::shipped("accounts.toml");
    let (published, dirt) = run(&case, "accounts");
    for source in ["accounts", "invoices", "needs"] {
        assert_eq!(published.accounting(source)["found"], dirt[source]["rows"], "{source}");
        assert_eq!(published.accounting(source)["quarantined"], json!({}), "{source}");
    }
    let filtered = json!({ "event_time": dirt["invoices"]["late"], "window": dirt["invoices"]["before_window"] });
    assert_eq!(published.accounting("invoices")["filtered"], filtered);
    assert_eq!(published.accounting("needs")["filtered"], json!({ "known_at": dirt["needs"]["late"] }));
    let number = |value: &Value| value.as_u64().unwrap();
    let segmented = number(&dirt["accounts"]["rows"]) - number(&dirt["accounts"]["closed"]);
    let rows = published.table("segments/key_accounts.parquet").rows().num_rows();
    assert_eq!(u64::try_from(rows).unwrap(), segmented);
    let exceptions = &published.report()["strategy"]["value"]["exceptions"];
    assert_eq!(exceptions["expired"], dirt["exceptions"]["expired"]);
    let applied = number(&dirt["exceptions"]["rows"]) - number(&dirt["exceptions"]["expired"]);
    assert_eq!(exceptions["applied"], applied);
}
