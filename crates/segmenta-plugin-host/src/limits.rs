//! What a plugin's calls may take.

use std::time::Duration;

pub use crate::running::OnHang;

/// Budgets of one plugin. A missing one is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time of one `create`.
    pub create: Option<Duration>,
    /// Time of one call of a fit, or of one that reads a model.
    pub fit: Option<Duration>,
    /// Time of one `apply` or `explain`.
    pub apply: Option<Duration>,
    /// Bytes that all calls running at once may reserve, and that the rows of one call may take.
    pub memory: Option<u64>,
    /// Bytes of a partial or carry.
    pub partial: u64,
    /// Bytes of a model.
    pub model: u64,
    /// What happens to a call that does not return within five times its limit.
    pub on_hang: OnHang,
}

impl Default for Limits {
    /// No limits of time and memory, a partial of 256 MiB (the points of a k-means leaf), a model of
    /// 1 GiB.
    fn default() -> Self {
        let (partial, model) = (256 << 20, 1 << 30);
        Self { create: None, fit: None, apply: None, memory: None, partial, model, on_hang: OnHang::default() }
    }
}

impl Limits {
    /// The time of one call of the function table's member.
    pub(crate) fn of(&self, call: &str) -> Option<Duration> {
        match call {
            "create" | "destroy" => self.create,
            "apply" | "explain" | "release" => self.apply,
            _ if call.starts_with("fit_") || call.starts_with("model_") => self.fit,
            _ => None,
        }
    }
}
