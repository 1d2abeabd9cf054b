//! Writes the report page of an invented shop: `cargo run -p segmenta-report --example page -- page.html`.
//!
//! With `first` as a second argument the page of a first run, without a baseline.

mod demo;

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("the path of the page is missing")?;
    let report = match arguments.next().as_deref() {
        Some("first") => demo::first_run(),
        _ => demo::monthly_run(),
    };
    std::fs::write(path, segmenta_report::render_html(&report)?)?;
    Ok(())
}
