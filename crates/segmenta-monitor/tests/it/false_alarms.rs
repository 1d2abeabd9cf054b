//! A small version of the example `false_alarms`.

use crate::simulation::{Event, Totals, year};

#[test]
fn quiet_years_raise_at_most_two_false_alarms_and_a_lasting_fall_is_found() {
    let n_years = 6;
    let announced: u32 = (0..n_years).map(|seed| year(seed, 12, Totals::With, Event::Nothing).act_announced).sum();
    assert!(announced <= 2 * n_years as u32, "{announced} alerts in {n_years} years");
    let n_falls = 50;
    let is_found = |seed: &u64| year(1_000 + seed, 3, Totals::Without, Event::Fall(0.08)).found_after.is_some();
    let n_found = (0..n_falls).filter(is_found).count();
    assert!(n_found >= 40, "{n_found} of {n_falls} falls");
}
