//! What every stage of a run may look at.

use datafusion::prelude::SessionContext;
use segmenta_pipeline::Pipeline;
use segmenta_plugin_host::Registry;

use crate::AsOf;
use crate::runner::Runner;

/// The run as a stage sees it: nothing in it changes while the run lasts.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) as_of: AsOf,
    pub(crate) session: &'a SessionContext,
    pub(crate) runner: &'a dyn Runner,
    pub(crate) registry: &'a Registry,
    pub(crate) run_id: &'a str,
    /// Threads of the work that is not in a plan: fits, statistics, encoding of files.
    pub(crate) pool: &'a rayon::ThreadPool,
}
