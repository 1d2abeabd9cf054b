//! The DataFusion session of a run: threads, memory, batch size and the engine's own functions.

use std::num::NonZeroUsize;
use std::sync::Arc;

use datafusion::execution::memory_pool::{FairSpillPool, TrackConsumersPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};

use crate::functions::as_of_function;
use crate::{AsOf, Error, Result};

/// Resources of a run. They change how fast it is, never what it publishes.
#[derive(Debug, Clone, Copy)]
pub struct Resources {
    /// Partitions of a plan, at least 1.
    pub threads: usize,
    /// Budget of the whole process in bytes.
    pub memory_bytes: usize,
    /// Rows per batch.
    pub batch_rows: usize,
}

/// Share of the budget given to DataFusion's pool. The pool counts only what operators report;
/// batches in flight, the decoders and the allocator take the rest.
const POOL_SHARE: f64 = 0.6;

/// The threads of fits, statistics and file encoding.
pub(crate) fn pool(resources: &Resources) -> Result<rayon::ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(resources.threads);
    pool.thread_name(|index| format!("statistics-{index}")).build().map_err(|source| Error::Threads { source })
}

pub(crate) fn session(as_of: AsOf, resources: &Resources) -> Result<SessionContext> {
    let pool_bytes = (resources.memory_bytes as f64 * POOL_SHARE) as usize;
    let named = NonZeroUsize::new(5).expect("5 is not 0");
    let pool = TrackConsumersPool::new(FairSpillPool::new(pool_bytes), named);
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(pool)).build_arc()?;
    let mut config = SessionConfig::new()
        .with_target_partitions(resources.threads)
        .with_batch_size(resources.batch_rows)
        // Rows of the profile keep their order through every plan that only adds columns.
        .with_round_robin_repartition(false);
    // A column is what the file says, capitals included.
    config.options_mut().sql_parser.enable_ident_normalization = false;
    let context = SessionContext::new_with_config_rt(config, runtime);
    context.register_udf(as_of_function(as_of));
    Ok(context)
}
