//! The commands, one file each.

pub(crate) mod accept;
pub(crate) mod codes;
pub(crate) mod discard;
pub(crate) mod new;
pub(crate) mod plan;
pub(crate) mod plugin_host;
pub(crate) mod plugins;
pub(crate) mod release;
pub(crate) mod report;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod show;
pub(crate) mod validate;
