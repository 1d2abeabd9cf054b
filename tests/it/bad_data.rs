//! Data that cannot be used: a clear error, the right exit status, nothing published.

use crate::case::{Case, Ran};

const DATE: [&str; 2] = ["--as-of", "2026-06-01"];

/// Runs the case, which must fail with a message and leave nothing published.
#[track_caller]
fn refused(case: &Case, status: u8, said: &str) -> Ran {
    let ran = case.run(&DATE);
    ran.expect(status, said);
    assert_eq!(case.generations(), [0; 0]);
    ran
}

#[test]
fn the_small_case_is_right() {
    let case = Case::small();
    case.run(&DATE).expect(0, "published small at 2026-06-01 as generation 1");
    assert_eq!(case.generations(), [1]);
}

#[test]
fn a_missing_file() {
    let case = Case::small();
    case.remove("orders.csv");
    refused(&case, 66, "source `orders`: no file matches");
}

#[test]
fn a_missing_column() {
    let case = Case::small();
    case.edit("orders.csv", "amount,cost", "amount,costs");
    refused(&case, 65, "`cost`");
}

#[test]
fn a_wrong_type() {
    let case = Case::small();
    case.edit("orders.csv", "21.50", "much");
    let ran = refused(&case, 65, "source `orders`");
    for part in ["orders.csv", "amount", "much"] {
        assert!(ran.stderr.contains(part), "{part}: {}", ran.stderr);
    }
}

#[test]
fn an_empty_file() {
    let case = Case::small();
    case.write("customers.csv", "");
    refused(&case, 65, "customers");
}

#[test]
fn a_file_without_rows() {
    let case = Case::small();
    case.write("customers.csv", "id,country,age\n");
    case.write("orders.csv", "order,id,day,amount,cost\n");
    refused(&case, 65, "no customer is left to segment");
}

#[test]
fn no_matching_customer() {
    let case = Case::small();
    case.edit("small.toml", "key    = \"id\"", "key    = \"id\"\nwhere  = \"country = 'FR'\"");
    refused(&case, 65, "no customer is left to segment: `customers` has 40 rows and none passes the filter");
}

#[test]
fn a_feature_without_a_value() {
    let case = Case::small();
    case.edit("small.toml", "[\"orders_total\", \"spend_total\"]", "[\"orders_total\", \"age\"]");
    let customers: String = (1..=40).map(|id| format!("{id},HU,\n")).collect();
    case.write("customers.csv", &format!("id,country,age\n{customers}"));
    refused(&case, 65, "criterion `groups`");
}

#[test]
fn one_customer() {
    let case = Case::small();
    case.write("customers.csv", "id,country,age\n1,HU,30\n");
    case.write("orders.csv", "order,id,day,amount,cost\n1,1,2026-05-01,10.00,5.00\n");
    refused(&case, 65, "criterion `groups`");
}

#[test]
fn one_customer_is_enough_for_one_group() {
    let case = Case::small();
    case.edit("small.toml", "plugin   = \"kmeans\"", "plugin   = \"abc\"");
    case.edit("small.toml", "{ features = [\"orders_total\", \"spend_total\"] }", "{ value = \"spend_total\" }");
    case.edit("small.toml", "clusters = \"${params.clusters}\"", "cuts = { a = \"80%\", b = \"95%\" }");
    case.write("customers.csv", "id,country,age\n1,HU,30\n");
    case.write("orders.csv", "order,id,day,amount,cost\n1,1,2026-05-01,10.00,5.00\n");
    case.run(&DATE).expect(0, "published");
}

#[test]
fn more_clusters_than_customers() {
    let case = Case::small();
    let ran = case.run(&["--as-of", "2026-06-01", "--param", "clusters=60"]);
    ran.expect(65, "criterion `groups`");
    assert_eq!(case.generations(), [0; 0]);
}

#[test]
fn duplicate_keys() {
    let case = Case::small();
    case.edit("customers.csv", "2,PL,20\n", "2,PL,20\n2,PL,21\n");
    refused(&case, 65, "customers.csv");
    case.edit("small.toml", "{ type = \"int64\", unique = true }", "\"int64\"");
    case.edit("small.toml", "{ type = \"int64\", references = \"customers\" }", "\"int64\"");
    refused(&case, 65, "the key `id` occurs more than once in `customers`: 2");
}

#[test]
fn a_fit_without_rows() {
    let case = Case::small();
    case.edit("small.toml", "orders_total > 0", "orders_total > 1000");
    let ran = refused(&case, 65, "criterion `groups` has no rows to fit on");
    assert!(ran.stderr.contains("small.toml:"), "{}", ran.stderr);
}

#[test]
fn negative_money_breaks_the_contract() {
    let case = Case::small();
    case.edit("orders.csv", ",21.50,", ",-21.50,");
    refused(&case, 65, "amount");
}

#[test]
fn money_that_is_no_number_is_refused() {
    for text in ["NaN", "inf"] {
        let case = Case::small();
        case.edit("small.toml", "{ type = \"float64\", min = 0.0 }", "\"float64\"");
        case.edit("orders.csv", ",21.50,", &format!(",{text},"));
        refused(&case, 65, "");
    }
}

#[test]
fn an_order_of_an_unknown_customer() {
    let case = Case::small();
    case.edit("orders.csv", "order,id,day,amount,cost\n", "order,id,day,amount,cost\n9000,41,2026-01-10,1.00,1.00\n");
    refused(&case, 65, "41");
}
