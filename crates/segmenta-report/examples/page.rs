//! Writes the report page of an invented shop:
//! `cargo run -p segmenta-report --example page -- page.html`.
//!
//! `--language hu` writes it in Hungarian, `--first` gives the page of a first run, without a
//! baseline. With `--hostile` the path is a directory for pages that hold a hostile string in
//! every field that data can fill, one page per string.

mod demo;

use std::error::Error;
use std::path::{Path, PathBuf};

use segmenta_report::{Locale, Report};

fn main() -> Result<(), Box<dyn Error>> {
    let mut path = None;
    let mut is_hostile = false;
    let mut language = Locale::default();
    let mut report = demo::monthly_run();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--language" => language = arguments.next().ok_or("the language is missing")?.parse()?,
            "--first" => report = demo::first_run(),
            "--hostile" => is_hostile = true,
            _ => path = Some(PathBuf::from(argument)),
        }
    }
    let path = path.ok_or("the path of the page is missing")?;
    let report = Report { language, ..report };
    if is_hostile { write_hostile(&path, &report) } else { write(&path, &report) }
}

fn write(path: &Path, report: &Report) -> Result<(), Box<dyn Error>> {
    Ok(std::fs::write(path, segmenta_report::render_html(report)?)?)
}

fn write_hostile(directory: &Path, report: &Report) -> Result<(), Box<dyn Error>> {
    for (index, text) in demo::hostile::strings().iter().enumerate() {
        write(&directory.join(format!("{index:03}.html")), &demo::filled_with(report, text))?;
    }
    Ok(())
}
