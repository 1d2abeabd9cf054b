//! Where things are in the workspace.

use std::path::{Path, PathBuf};

/// Root of the workspace: the directory of its manifest.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies below the workspace root")
}

/// `path` as given when absolute, else below the workspace root.
pub(crate) fn below_root(path: &Path) -> PathBuf {
    root().join(path)
}
