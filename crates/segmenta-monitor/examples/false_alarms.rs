//! How often the monitor cries wolf, and how often it sees one.
//!
//! `cargo run --release -p segmenta-monitor --example false_alarms` simulates years of 12 monthly runs with 12
//! segments × 8 figures after a year of accepted history and examines each as a real run. It fails unless
//! unchanged years have at most 2 false `act` alerts in the mean, and a lasting fall of 8 % in one figure with 2 %
//! noise is found within three runs in at least 80 %.

#![expect(clippy::print_stdout, reason = "the figures are what this program is for")]

#[path = "../tests/it/simulation.rs"]
mod simulation;

use std::process::ExitCode;

use simulation::{Event, Totals, Year, year};

/// Simulated years without change.
const YEARS: u64 = 200;

/// Simulated falls.
const FALLS: u64 = 1_000;

/// Most false alerts in the mean of a year.
const MOST_FALSE: f64 = 2.0;

/// Least share of falls found within three runs.
const LEAST_FOUND: f64 = 0.8;

fn main() -> ExitCode {
    let goals = [Totals::Without, Totals::With].map(is_reached);
    if goals == [true; 2] { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn is_reached(totals: Totals) -> bool {
    println!("{totals:?} figures of all customers");
    let quiet = simulate(YEARS, |seed| year(seed, 12, totals, Event::Nothing));
    let per_year = |name: &str, count: fn(&Year) -> f64| {
        let (mean, error) = mean(quiet.iter().map(count));
        println!("  {name:<58} {mean:5.2} ± {error:.2} a year");
        mean
    };
    let announced = per_year("false `act` alerts, each counted once", |year| f64::from(year.act_announced));
    per_year("the same, counted in every run that repeats them", |year| f64::from(year.act_raised));
    per_year("the same, as the findings themselves expect them at most", |year| year.act_expected);
    per_year("false alerts to watch or worse, each counted once", |year| f64::from(year.watch_announced));
    let falls = simulate(FALLS, |seed| year(1_000_000 + seed, 3, totals, Event::Fall(0.08)));
    let within = |runs: usize| {
        let (share, error) =
            mean(falls.iter().map(|year| f64::from(u8::from(year.found_after.is_some_and(|run| run <= runs)))));
        println!("  a fall of 8 % found within {runs} run(s) {:>33.1} ± {:.1} %", share * 100.0, error * 100.0);
        share
    };
    within(1);
    let found = within(3);
    println!("  goals: {announced:.2} ≤ {MOST_FALSE}, {found:.3} ≥ {LEAST_FOUND}");
    announced <= MOST_FALSE && found >= LEAST_FOUND
}

/// Mean and its standard error.
fn mean(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let values: Vec<f64> = values.collect();
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// Runs every seed, over all cores; the results do not depend on how many there are.
fn simulate(n: u64, one: impl Fn(u64) -> Year + Sync) -> Vec<Year> {
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from) as u64;
    std::thread::scope(|scope| {
        let part = |thread: u64| (thread..n).step_by(n_threads as usize).map(&one).collect::<Vec<Year>>();
        let threads: Vec<_> = (0..n_threads).map(|thread| scope.spawn(move || part(thread))).collect();
        threads.into_iter().flat_map(|thread| thread.join().expect("a simulation panicked")).collect()
    })
}
