//! Where a plan is executed. Stages build plans; a [`Runner`] turns a plan into rows.

use std::sync::Arc;

use arrow::array::RecordBatch;
use async_trait::async_trait;
use datafusion::dataframe::DataFrame;
use datafusion::physical_plan::{ExecutionPlan, collect_partitioned};

use crate::Result;

/// Executes plans: in this process, or on several machines.
#[async_trait]
pub trait Runner: Send + Sync + std::fmt::Debug {
    /// All rows of `plan`, partition after partition; the order within a partition is the plan's.
    ///
    /// # Errors
    /// Whatever stops the plan; no rows are returned then.
    async fn collect(&self, plan: DataFrame) -> Result<Vec<RecordBatch>>;
}

/// Runs plans on the threads of this process.
#[derive(Debug, Default, Clone, Copy)]
pub struct LocalRunner;

#[async_trait]
impl Runner for LocalRunner {
    async fn collect(&self, plan: DataFrame) -> Result<Vec<RecordBatch>> {
        let context = Arc::new(plan.task_ctx());
        let plan: Arc<dyn ExecutionPlan> = plan.create_physical_plan().await?;
        tracing::debug!(plan = %datafusion::physical_plan::displayable(plan.as_ref()).indent(false), "planned");
        let partitions = collect_partitioned(plan, context).await?;
        Ok(partitions.into_iter().flatten().collect())
    }
}
