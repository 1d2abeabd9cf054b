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
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties, ReplaceChildrenOptions,
};
use segmenta_ingest::Scan;

/// The accepted rows of one source.
#[derive(Debug)]
pub(crate) struct SourceTable {
    scan: Arc<Scan>,
}

impl SourceTable {
    pub(crate) fn new(scan: Arc<Scan>) -> Self {
        Self { scan }
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
        let partitions = config.target_partitions().min(self.scan.units()).max(1);
        Ok(Arc::new(SourceExec::new(Arc::clone(&self.scan), projection.cloned(), partitions, config.batch_size())?))
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
