//! Profiles 20 columns of two runs with 200,000 rows each, compares them, and prints time, memory and sizes.
//!
//! ```text
//! RAYON_NUM_THREADS=1 cargo run --release -p segmenta-monitor --example compare_columns [FOLDER]
//! ```
//!
//! With a folder, the columns are written there as little-endian numbers, so that
//! `compare_columns_evidently.py` beside this file can measure another tool on the same rows.

#![expect(clippy::print_stdout, reason = "an example prints what it measured")]

use std::error::Error;
use std::path::Path;
use std::time::Instant;
use std::{env, fs};

use segmenta_monitor::Policy;
use segmenta_monitor::compare::drift;
use segmenta_monitor::facts::{ComparisonId, SegmentKey};
use segmenta_monitor::findings::Level;
use segmenta_monitor::profile::{ColumnProfile, FrozenBins, NumberKind, ProfiledColumn};
use segmenta_stats::Sample;

const N_ROWS: usize = 200_000;

/// Categories of the columns that have some.
const CITIES: [&str; 24] = [
    "Aachen", "Bari", "Cork", "Dijon", "Evora", "Faro", "Gdynia", "Haarlem", "Inari", "Jena", "Kassel", "Lublin",
    "Metz", "Nantes", "Odense", "Pula", "Quimper", "Riga", "Szeged", "Turku", "Uppsala", "Varna", "Wels", "Zadar",
];

/// How the values of a column come about.
#[derive(Clone, Copy)]
enum Shape {
    /// Log-normal amounts with zeros; the factor on the current side.
    Money { zeros: f64, factor: f64 },
    /// Normal values with nulls; shift of the current side in standard deviations.
    Normal { nulls: f64, shift: f64 },
    /// Whole days up to a limit.
    Days { limit: u64 },
    /// Categories, the first ones more frequent; the current side has so many.
    City { n_reference: usize, n_current: usize },
}

const COLUMNS: [Shape; 20] = [
    Shape::Money { zeros: 0.3, factor: 1.0 },
    Shape::Money { zeros: 0.3, factor: 0.7 },
    Shape::Money { zeros: 0.0, factor: 1.0 },
    Shape::Money { zeros: 0.8, factor: 1.0 },
    Shape::Money { zeros: 0.1, factor: 1.02 },
    Shape::Money { zeros: 0.0, factor: 1.3 },
    Shape::Normal { nulls: 0.0, shift: 0.0 },
    Shape::Normal { nulls: 0.1, shift: 0.0 },
    Shape::Normal { nulls: 0.0, shift: 0.3 },
    Shape::Normal { nulls: 0.02, shift: 0.05 },
    Shape::Days { limit: 365 },
    Shape::Days { limit: 30 },
    Shape::Days { limit: 7 },
    Shape::Days { limit: 3_650 },
    Shape::City { n_reference: 24, n_current: 24 },
    Shape::City { n_reference: 12, n_current: 13 },
    Shape::City { n_reference: 2, n_current: 2 },
    Shape::City { n_reference: 5, n_current: 5 },
    Shape::City { n_reference: 20, n_current: 20 },
    Shape::City { n_reference: 8, n_current: 8 },
];

/// A column in memory: numbers with NaN for nulls, or positions in [`CITIES`].
enum Column {
    Numbers(NumberKind, Vec<f64>),
    Cities(Vec<u8>),
}

/// Numbers that look random and are the same everywhere (SplitMix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn uniform(&mut self) -> f64 {
        ((self.next() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.uniform().ln()).sqrt() * (std::f64::consts::TAU * self.uniform()).cos()
    }
}

impl Shape {
    fn column(self, seed: u64, is_current: bool) -> Column {
        let mut numbers = Numbers(seed * 2 + u64::from(is_current));
        let rows = 0..N_ROWS;
        match self {
            Self::Money { zeros, factor } => {
                let factor = if is_current { factor } else { 1.0 };
                let amount = |numbers: &mut Numbers| {
                    if numbers.uniform() < zeros {
                        0.0
                    } else {
                        (factor * (9.0 + 1.2 * numbers.normal()).exp()).round()
                    }
                };
                Column::Numbers(NumberKind::Money, rows.map(|_| amount(&mut numbers)).collect())
            }
            Self::Normal { nulls, shift } => {
                let shift = if is_current { shift } else { 0.0 };
                let value = |numbers: &mut Numbers| {
                    if numbers.uniform() < nulls { f64::NAN } else { 50.0 + 10.0 * (shift + numbers.normal()) }
                };
                Column::Numbers(NumberKind::Number, rows.map(|_| value(&mut numbers)).collect())
            }
            Self::Days { limit } => {
                let days = rows.map(|_| (numbers.next() % limit) as f64).collect();
                Column::Numbers(NumberKind::Number, days)
            }
            Self::City { n_reference, n_current } => {
                let n = if is_current { n_current } else { n_reference } as f64;
                Column::Cities(rows.map(|_| (n * numbers.uniform().powi(2)) as u8).collect())
            }
        }
    }
}

impl Column {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Numbers(_, values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Self::Cities(positions) => positions.clone(),
        }
    }

    fn suffix(&self) -> &'static str {
        match self {
            Self::Numbers(..) => "f64",
            Self::Cities(_) => "u8",
        }
    }

    /// One pass over the rows, with the bins of the reference.
    fn profile(&self, bins: Option<&FrozenBins>) -> ColumnProfile {
        match self {
            Self::Numbers(kind, values) => {
                let mut builder = ColumnProfile::numbers(*kind, bins.expect("numbers have frozen bins"));
                values.iter().for_each(|&value| builder.add(Some(value)));
                builder.finish()
            }
            Self::Cities(positions) => {
                let mut builder = ColumnProfile::categories();
                positions.iter().for_each(|&city| builder.add_label(Some(CITIES[usize::from(city)])));
                builder.finish()
            }
        }
    }

    /// What is done once, when a baseline is accepted: sort the values and freeze the bins.
    fn freeze(&self) -> Option<FrozenBins> {
        match self {
            Self::Numbers(_, values) => Some(FrozenBins::freeze(&Sample::new(values.clone()), FrozenBins::N_BINS)),
            Self::Cities(_) => None,
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let sides = |is_current| move |(index, shape): (usize, Shape)| shape.column(index as u64, is_current);
    let reference: Vec<Column> = COLUMNS.into_iter().enumerate().map(sides(false)).collect();
    let current: Vec<Column> = COLUMNS.into_iter().enumerate().map(sides(true)).collect();
    if let Some(folder) = env::args().nth(1) {
        write(Path::new(&folder), &reference, "reference")?;
        write(Path::new(&folder), &current, "current")?;
    }
    let before_mb = peak_memory_mb();

    let start = Instant::now();
    let bins: Vec<Option<FrozenBins>> = reference.iter().map(Column::freeze).collect();
    let frozen = start.elapsed();
    let profiles = |columns: &[Column]| -> Vec<ProfiledColumn> {
        let profile = |(index, column): (usize, &Column)| ProfiledColumn {
            key: SegmentKey::total(),
            column: format!("column_{index:02}"),
            profile: column.profile(bins[index].as_ref()),
        };
        columns.iter().enumerate().map(profile).collect()
    };
    let (before, now) = (profiles(&reference), profiles(&current));
    let profiled = start.elapsed();
    let found = drift(&Policy::default(), ComparisonId::Previous, &before, &now);
    let compared = start.elapsed();

    println!("{} columns, {N_ROWS} rows on each side", COLUMNS.len());
    println!("freeze {frozen:.2?}, profile {:.2?}, compare {:.2?}", profiled - frozen, compared - profiled);
    println!("total {compared:.2?}");
    println!("stored profiles of one run: {} bytes", serde_json::to_string(&now)?.len());
    println!("findings: {} rows, {} bytes", found.len(), serde_json::to_string(&found)?.len());
    if let Some((before_mb, after_mb)) = before_mb.zip(peak_memory_mb()) {
        println!("peak memory: {after_mb} MB, of which {before_mb} MB are the columns themselves");
    }
    for row in found.iter().filter(|row| row.level >= Level::Watch) {
        let value = row.value.unwrap_or_default();
        println!("{:<6?} {} {:?} {value:.4}", row.level, row.column, row.method);
    }
    Ok(())
}

fn write(folder: &Path, columns: &[Column], side: &str) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    for (index, column) in columns.iter().enumerate() {
        fs::write(folder.join(format!("{side}_{index:02}.{}", column.suffix())), column.bytes())?;
    }
    Ok(())
}

/// Most memory this process has had, where the system tells.
fn peak_memory_mb() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}
