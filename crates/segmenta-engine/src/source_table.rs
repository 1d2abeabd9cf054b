//! A source as a table of a plan: one leaf operator over the decoder's units.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::common::{Result, internal_err};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_expr::expressions::Column;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::repartition::RepartitionExec;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions,
};
use segmenta_ingest::Scan;

/// The accepted rows of one source.
#[derive(Debug)]
pub(crate) struct SourceTable {
    scan: Arc<Scan>,
    /// Column whose equal values all come out of one partition.
    key: Option<String>,
}

impl SourceTable {
    pub(crate) fn new(scan: Arc<Scan>) -> Self {
        Self { scan, key: None }
    }

    /// The same rows, all rows of one `key` in one partition.
    ///
    /// With many keys and distinct counts it is cheaper to bring the rows of a key together before
    /// they are aggregated than to exchange half-finished sets afterwards.
    pub(crate) fn by_key(&self, key: &str) -> Self {
        Self { scan: Arc::clone(&self.scan), key: Some(key.to_owned()) }
    }
}

#[async_trait]
impl TableProvider for SourceTable {
    fn schema(&self) -> SchemaRef {
        self.scan.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        state: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let config = state.config();
        let (threads, batch_rows) = (config.target_partitions(), config.batch_size());
        let partitions = threads.min(self.scan.units()).max(1);
        let rows = SourceExec::new(Arc::clone(&self.scan), projection.cloned(), partitions, batch_rows)?;
        let rows: Arc<dyn ExecutionPlan> = Arc::new(rows);
        match self.key.as_ref().and_then(|key| rows.schema().index_of(key).ok()) {
            Some(key) if threads > 1 => Ok(Arc::new(KeyedExec::new(rows, key, threads)?)),
            _ => Ok(rows),
        }
    }
}

/// Reads the units of a source. A partition takes the next unread unit when it is done with one,
/// so rows reach partitions in no fixed order; nothing above may depend on it.
struct SourceExec {
    scan: Arc<Scan>,
    projection: Option<Vec<usize>>,
    batch_rows: usize,
    next_unit: Arc<AtomicUsize>,
    properties: Arc<PlanProperties>,
}

impl SourceExec {
    fn new(scan: Arc<Scan>, projection: Option<Vec<usize>>, partitions: usize, batch_rows: usize) -> Result<Self> {
        let schema = match &projection {
            Some(columns) => Arc::new(scan.schema().project(columns)?),
            None => scan.schema(),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(partitions),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self { scan, projection, batch_rows, next_unit: Arc::default(), properties: Arc::new(properties) })
    }
}

impl fmt::Debug for SourceExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceExec").field("projection", &self.projection).finish_non_exhaustive()
    }
}

impl DisplayAs for SourceExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.schema().fields().iter().map(|field| field.name().clone()).collect();
        write!(f, "SourceExec: source={}, columns=[{}]", self.scan.source_name(), names.join(", "))
    }
}

impl ExecutionPlan for SourceExec {
    fn name(&self) -> &str {
        "SourceExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a source has no inputs") }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a source has no inputs") }
    }

    fn execute(&self, _: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let units = Units {
            scan: Arc::clone(&self.scan),
            projection: self.projection.clone(),
            batch_rows: self.batch_rows,
            next: Arc::clone(&self.next_unit),
            open: None,
        };
        let rows = futures::stream::iter(units);
        Ok(Box::pin(RecordBatchStreamAdapter::new(self.schema(), rows)))
    }
}

/// Rows of a source exchanged by key.
///
/// To the planner this is a leaf that is partitioned by key, so that it aggregates in one step; an
/// exchange that the planner can see is moved behind a first aggregation.
struct KeyedExec {
    exchange: RepartitionExec,
    key: String,
    properties: Arc<PlanProperties>,
}

impl KeyedExec {
    fn new(rows: Arc<dyn ExecutionPlan>, key: usize, partitions: usize) -> Result<Self> {
        let schema = rows.schema();
        let key: Arc<dyn PhysicalExpr> = Arc::new(Column::new(schema.field(key).name(), key));
        let partitioning = Partitioning::Hash(vec![Arc::clone(&key)], partitions);
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            partitioning.clone(),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        let exchange = RepartitionExec::try_new(rows, partitioning)?;
        Ok(Self { exchange, key: key.to_string(), properties: Arc::new(properties) })
    }
}

impl fmt::Debug for KeyedExec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyedExec").field("key", &self.key).finish_non_exhaustive()
    }
}

impl DisplayAs for KeyedExec {
    fn fmt_as(&self, t: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyedExec: by={}, ", self.key)?;
        self.exchange.input().fmt_as(t, f)
    }
}

impl ExecutionPlan for KeyedExec {
    fn name(&self) -> &str {
        "KeyedExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a source has no inputs") }
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        if children.is_empty() { Ok(self) } else { internal_err!("a source has no inputs") }
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        self.exchange.execute(partition, context)
    }
}

/// The batches of the units that one partition gets hold of.
struct Units {
    scan: Arc<Scan>,
    projection: Option<Vec<usize>>,
    batch_rows: usize,
    next: Arc<AtomicUsize>,
    open: Option<Box<dyn Iterator<Item = segmenta_ingest::Result<RecordBatch>> + Send>>,
}

impl Iterator for Units {
    type Item = Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = self.open.as_mut().and_then(Iterator::next) {
                return Some(batch.map_err(|error| crate::Error::from(error).into()));
            }
            let unit = self.next.fetch_add(1, Ordering::Relaxed);
            if unit >= self.scan.units() {
                return None;
            }
            match self.scan.read(unit, self.projection.as_deref(), self.batch_rows) {
                Ok(batches) => self.open = Some(Box::new(batches)),
                Err(error) => return Some(Err(crate::Error::from(error).into())),
            }
        }
    }
}
