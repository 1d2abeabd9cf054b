//! `docs/benchmarks.md`.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use super::measure::Measurement;
use super::{Options, Series, machine};
use crate::error::Error;

/// Starts the part of the page that is written by hand.
const BY_HAND: &str = "<!-- By hand from here on. -->";

/// Writes the page; what was written by hand stays.
pub(crate) fn write(
    options: &Options,
    series: &[Series],
    sample: &Measurement,
    differences: &[String],
) -> Result<(), Error> {
    let mut page = heading(options);
    page += &table(series);
    let _ = write!(
        page,
        "\nThe committed sample (2,000 customers), one whole run with its report: {:.3} s, {:.0} MB.\n\n## Same results\n\n",
        sample.wall_seconds,
        megabytes(sample.peak_kib)
    );
    page += &agreement(differences);
    page += &kept(&options.page);
    let directory = options.page.parent().expect("a page lies in a directory");
    fs::create_dir_all(directory).map_err(Error::file(directory))?;
    fs::write(&options.page, page).map_err(Error::file(&options.page))
}

/// What stands from [`BY_HAND`] on in the page that is there already.
fn kept(page: &Path) -> String {
    let text = fs::read_to_string(page).unwrap_or_default();
    text.find(BY_HAND).map_or_else(String::new, |at| format!("\n{}", &text[at..]))
}

fn heading(options: &Options) -> String {
    let (customers, lines) = (grouped(options.customers), grouped(options.lines));
    format!(
        "# Benchmarks\n\n\
         The main job, `pipelines/retail.toml`, on {customers} generated customers with {lines} order lines: a first\n\
         segmentation as of 2026-05-01 and the re-run as of 2026-06-01 that keeps the first run's thresholds and\n\
         centres. Beside it the same job written by hand, in the same sitting, on the same files. We write both\n\
         runs with reports and quarantine; the others write the tables of the second date.\n\n\
         Repeat it with\n\n\
         ```sh\n\
         pip install duckdb polars pyarrow scikit-learn\n\
         cargo xtask bench --bench-dir /tmp/segmenta-bench --customers {} --lines {} --rounds {}\n\
         ```\n\n\
         Machine: {}.\n\
         Versions: {}.\n\n\
         ## Time and memory\n\n",
        options.customers,
        options.lines,
        options.rounds,
        machine::description(),
        machine::versions(&options.python)
    )
}

/// One row per program: the median round, its spread, and the ratio to the first hand-written program.
fn table(series: &[Series]) -> String {
    let mut text = String::from(
        "| Program | Wall time, median (s) | Fastest and slowest (s) | Processor time (s) | Peak memory (MB) | Wall time against DuckDB |\n\
         |---|---|---|---|---|---|\n",
    );
    let reference = median(&series[1].rounds);
    for Series { program, rounds } in series {
        let middle = median(rounds);
        let walls = || rounds.iter().map(|round| round.wall_seconds);
        let _ = writeln!(
            text,
            "| {program} | {:.2} | {:.2}–{:.2} | {:.2} | {:.0} | {:.2} |",
            middle.wall_seconds,
            walls().fold(f64::INFINITY, f64::min),
            walls().fold(0.0, f64::max),
            middle.processor_seconds,
            megabytes(rounds.iter().map(|round| round.peak_kib).max().unwrap_or(0)),
            middle.wall_seconds / reference.wall_seconds,
        );
    }
    text
}

fn agreement(differences: &[String]) -> String {
    if differences.is_empty() {
        return "Customers by segment, migration, top-20 % share, Gini and the three population stability indices agree\n\
                in every round: counts but for at most ten customers whose revenue equals a threshold in all but the\n\
                last bit, the indices to 1e-6, the others to six digits.\n"
            .to_owned();
    }
    let lines = differences.iter().map(|difference| format!("- {difference}\n"));
    format!("These differ:\n\n{}", lines.collect::<String>())
}

/// The round in the middle by wall time; there is at least one.
fn median(rounds: &[Measurement]) -> Measurement {
    let mut sorted = rounds.to_vec();
    sorted.sort_by(|one, other| one.wall_seconds.total_cmp(&other.wall_seconds));
    sorted[sorted.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "memory in KiB is far below 2^53")]
fn megabytes(kibibytes: u64) -> f64 {
    kibibytes as f64 * 1024.0 / 1e6
}

/// `20000000` as `20,000,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_digits_by_three() {
        assert_eq!([grouped(7), grouped(1_000), grouped(20_000_000)], ["7", "1,000", "20,000,000"]);
    }

    #[test]
    fn the_table_shows_the_median_and_the_ratio() {
        let round = |wall_seconds| Measurement { wall_seconds, peak_kib: 1_000_000, processor_seconds: 9.0 };
        let series = [
            Series { program: "segmenta", rounds: vec![round(6.0), round(4.0), round(5.0)] },
            Series { program: "DuckDB", rounds: vec![round(10.0)] },
        ];
        assert!(table(&series).contains("| segmenta | 5.00 | 4.00–6.00 | 9.00 | 1024 | 0.50 |"));
    }
}
