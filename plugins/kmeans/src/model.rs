//! What a fit leaves behind, and how a report shows it.

use segmenta_plugin_sdk::prelude::*;

use crate::centers::Centers;
use crate::points::Points;
use crate::scale::Scale;

/// Centres and the scale in which distances to them are taken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub(crate) scale: Scale,
    /// In the order of their labels: `c1`, `c2`, ….
    pub(crate) clusters: Vec<Cluster>,
    /// Sum of the squared distances of the fitted rows to their centre, in scaled units.
    pub(crate) inertia: f64,
    /// The same to the mean of all rows.
    pub(crate) total: f64,
    /// Iterations of the best start.
    pub(crate) iterations: u32,
    pub(crate) rows: Rows,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cluster {
    /// In scaled units.
    pub(crate) center: Vec<f64>,
    /// Fitted rows.
    pub(crate) size: u64,
}

/// What became of the rows of a fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Rows {
    /// Clustered.
    pub(crate) fitted: u64,
    /// With all features; more than `fitted` when only a sample was clustered.
    pub(crate) complete: u64,
    /// Without one of the features.
    pub(crate) incomplete: u64,
}

impl Model {
    /// The label of the cluster at `at`.
    pub(crate) fn label(at: usize) -> String {
        format!("c{}", at + 1)
    }

    /// The centres, ready to compare points with.
    pub(crate) fn centers(&self) -> Centers {
        let rows = self.clusters.iter().flat_map(|cluster| cluster.center.iter().copied());
        Centers::new(&Points::new(self.scale.dimensions(), rows.collect()))
    }

    /// Refuses bytes that do not hold `clusters` finite centres of `features` coordinates.
    ///
    /// # Errors
    /// [`Error::Model`].
    pub(crate) fn check(&self, clusters: usize, features: usize) -> Result<()> {
        let is_sound = self.scale.dimensions() == features
            && self.scale.is_sound()
            && self.clusters.len() == clusters
            && self.clusters.iter().all(|cluster| {
                cluster.center.len() == features && cluster.center.iter().all(|value| value.is_finite())
            });
        if is_sound {
            return Ok(());
        }
        Err(Error::model(format!("is not one of {clusters} clusters of {features} features")))
    }

    /// Centres in both units with sizes, what they explain, and which rows and features counted.
    pub(crate) fn describe(&self, features: &[String]) -> Value {
        let named = |values: &[f64]| -> Value {
            let pairs = features.iter().cloned().zip(values.iter().map(|value| json!(value)));
            Value::Object(pairs.collect())
        };
        let clusters = self.clusters.iter().enumerate().map(|(at, cluster)| {
            json!({
                "label": Self::label(at),
                "rows": cluster.size,
                "share": cluster.size as f64 / self.rows.fitted as f64,
                "center": named(&self.scale.invert(&cluster.center)),
                "center_scaled": named(&cluster.center),
            })
        });
        let constant = self.scale.constant().into_iter().map(|at| features[at].clone());
        json!({
            "clusters": clusters.collect::<Vec<_>>(),
            "inertia": self.inertia,
            "explained_share": if self.total > 0.0 { 1.0 - self.inertia / self.total } else { 0.0 },
            "iterations": self.iterations,
            "rows_fitted": self.rows.fitted,
            "rows_complete": self.rows.complete,
            "rows_incomplete": self.rows.incomplete,
            "constant_features": constant.collect::<Vec<_>>(),
        })
    }
}
