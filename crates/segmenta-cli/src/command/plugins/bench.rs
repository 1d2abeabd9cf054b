//! `plugins bench`: how fast a criterion is.

use clap::Args;
use segmenta_plugin_check::{Bench, Effort, Speed, bench};

use super::subject::Subject;
use crate::error::Result;
use crate::program::Program;
use crate::table::Table;

/// Measure the criteria of a library
#[derive(Debug, Args)]
pub(crate) struct Measure {
    #[command(flatten)]
    subject: Subject,
    /// A list of objects
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Measure, program: &mut Program<'_>) -> Result<()> {
    let options = arguments.subject.options(program, Effort::Full);
    let measured = bench(&arguments.subject.target(program), &options)?;
    if arguments.json {
        return program.print_json(&measured);
    }
    for bench in &measured {
        program.print(&text(bench))?;
    }
    Ok(())
}

fn text(bench: &Bench) -> String {
    let mut table = Table::new(&["rows", "apply ns/row", "update ns/row"]).right(0).right(1).right(2);
    let speed =
        |speed: Option<&Speed>| speed.map_or_else(|| "-".to_owned(), |speed| format!("{:.2}", speed.ns_per_row));
    for (at, apply) in bench.apply.iter().enumerate() {
        table.row(vec![apply.rows.to_string(), speed(Some(apply)), speed(bench.update.get(at))]);
    }
    let mut text =
        format!("{}, this program built for {}, {}\n\n{table}\n", bench.criterion, bench.profile, bench.machine);
    text += &format!("knee at {} rows; {:.0} ns for a call without rows; ", bench.knee_rows, bench.call_ns);
    text += &format!("border {:.1} % of batches of 8192 rows\n", bench.border_share * 100.0);
    if bench.passes > 0 {
        text += &format!("passes {}, merge {:.0} ns, ", bench.passes, bench.merge_ns);
        text += &format!("partial {} bytes, model {} bytes\n", bench.partial_bytes, bench.model_bytes);
    }
    text
}
