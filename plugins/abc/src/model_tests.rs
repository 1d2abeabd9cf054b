use super::*;

fn cuts(a: f64, b: f64) -> [Share; 2] {
    [a, b].map(|share| Share::new(share).unwrap())
}

fn fit(values: &[f64]) -> Model {
    Model::fit(values.to_vec(), 0, cuts(0.8, 0.95))
}

#[test]
fn a_customer_is_in_the_class_that_is_not_full_before_them() {
    // Shares before each: 0, 50, 80, 90, 95 and 98 % of 100.
    let model = fit(&[3.0, 50.0, 10.0, 5.0, 30.0, 2.0]);
    let labels = [50.0, 30.0, 10.0, 5.0, 3.0, 2.0].map(|value| model.label(value));
    assert_eq!(labels, ["a", "a", "b", "b", "c", "c"]);
    assert_eq!(model.customers, [2, 2, 2]);
    assert_eq!(model.values, [80.0, 15.0, 5.0]);
}

#[test]
fn amounts_in_cents_decide_as_on_paper() {
    // 0.8 of 1.00 is reached exactly before the second; binary fractions miss it by one unit.
    let model = fit(&[0.8, 0.07, 0.06, 0.04, 0.03]);
    assert_eq!(model.customers, [1, 3, 1]);
}

#[test]
fn equal_values_share_a_class_and_a_share() {
    let model = fit(&[10.0; 10]);
    assert_eq!(model.customers, [10, 0, 0]);
    assert_eq!(model.cumulative_share(10.0), Some(1.0));
}

#[test]
fn cumulative_shares_include_the_customer_and_know_values_nobody_had() {
    let model = fit(&[50.0, 30.0, 20.0]);
    for (value, share) in [(50.0, 0.5), (30.0, 0.8), (20.0, 1.0), (60.0, 0.0), (40.0, 0.5), (1.0, 1.0), (0.0, 1.0)] {
        assert_eq!(model.cumulative_share(value), Some(share), "{value}");
    }
}

#[test]
fn the_order_of_customers_does_not_matter() {
    let values: Vec<f64> = (1..5_000).map(|i| f64::from(i * 7919 % 5_003) / 7.0).collect();
    let mut reversed = values.clone();
    reversed.reverse();
    assert_eq!(fit(&values), fit(&reversed));
}

#[test]
fn a_thinned_curve_is_off_by_less_than_one_knot() {
    let values: Vec<f64> = (1..=200_000).map(f64::from).collect();
    let model = fit(&values);
    assert!(model.curve.len() <= MAX_KNOTS + 1);
    let total = 200_000.0 * 200_001.0 / 2.0;
    for value in [200_000_u32, 123_456, 77_777, 3, 1] {
        let below = f64::from(value) * f64::from(value - 1) / 2.0;
        let exact = 1.0 - below / total;
        let found = model.cumulative_share(f64::from(value)).unwrap();
        assert!(found <= exact + 1e-12 && found > exact - 1.0 / MAX_KNOTS as f64, "{value}");
    }
}

#[test]
fn without_value_everyone_is_in_the_last_class() {
    let model = Model::fit(Vec::new(), 3, cuts(0.8, 0.95));
    assert_eq!((model.label(0.0), model.label(-5.0)), ("c", "c"));
    assert_eq!(model.cumulative_share(0.0), None);
    assert_eq!(model.customers, [0, 0, 3]);
    // A first sale after the fit is worth more than all there was, but no class starts anywhere.
    assert_eq!(model.label(10.0), "c");
}
