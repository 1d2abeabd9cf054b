//! `show`: the first rows of a dataset that a run left.

use clap::Args;
use segmenta_engine::ExitStatus;
use segmenta_store::History;

use crate::arguments::Target;
use crate::error::{Error, Result};
use crate::program::Program;
use crate::{history, rows};

const EXAMPLES: &str = "\
Examples:
  segmenta show shop/retail.toml segment_summary
  segmenta show shop/retail.toml segments/value --where \"segment = 'loyal'\"
  segmenta show shop/retail.toml actions --run 01973d0c --json

Datasets are segments, segment_summary, actions, worklist, drift and quarantine.
One table of a dataset is named with a slash: segments/value, drift/migration.";

/// Show rows of what a run published or holds
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: Target,
    /// Dataset, or one table of it
    dataset: String,
    /// Rows at most
    #[arg(long, value_name = "N", default_value_t = 20)]
    limit: usize,
    /// Only rows for which this SQL expression holds
    #[arg(long = "where", value_name = "SQL")]
    filter: Option<String>,
    /// The run, or how its id begins; the current one without it
    #[arg(long, value_name = "RUN")]
    run: Option<String>,
    /// A list of objects
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(arguments: &Arguments, program: &mut Program<'_>) -> Result<u8> {
    let history = History::open(&history::root(program, &arguments.target)?);
    let files = history::files(&history, arguments.run.as_deref())?.tables(&arguments.dataset)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|source| Error::Threads { n_threads: 1, source })?;
    let first = segmenta_engine::first_rows(&files, arguments.filter.as_deref(), arguments.limit);
    let (schema, batches) = runtime.block_on(first)?;
    if arguments.json {
        program.print_json(&rows::json(&batches))?;
    } else {
        program.print(&rows::table(&schema, &batches).to_string())?;
    }
    Ok(ExitStatus::Ok.code())
}
