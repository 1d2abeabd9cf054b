//! The plugins that are part of the program, and those of `--plugin-dir`.

use std::path::Path;

use segmenta_plugin_host::{Linked, Registry};

use crate::arguments::PluginDirectories;
use crate::error::Result;
use crate::program::Program;

/// A plugin that is linked in: its name and what gives its table.
type BuiltIn = (&'static str, fn() -> Linked);

/// Everything we ship, by name.
const BUILT_IN: [BuiltIn; 8] = [
    ("abc", abc::linked),
    ("age_band", age_band::linked),
    ("company_size", company_size::linked),
    ("kmeans", kmeans::linked),
    ("nace_section", nace_section::linked),
    ("needs", needs::linked),
    ("rfm", rfm::linked),
    ("settlement", settlement::linked),
];

/// All plugins of a command. A library of `--plugin-dir` replaces the built-in plugin of its name.
///
/// # Errors
/// The first library that cannot be used: a run must not go on with fewer plugins than asked for.
pub(crate) fn registry(program: &Program<'_>, directories: &PluginDirectories) -> Result<Registry> {
    let mut loaded = Registry::default();
    add_all(program, directories, &mut loaded)?;
    let replaced = |name: &str| loaded.plugins().iter().any(|plugin| plugin.name() == name);
    let built_in: Vec<Linked> =
        BUILT_IN.iter().filter(|(name, _)| !replaced(name)).map(|(_, linked)| linked()).collect();
    let mut registry = Registry::new(&built_in)?;
    add_all(program, directories, &mut registry)?;
    Ok(registry)
}

fn add_all(program: &Program<'_>, directories: &PluginDirectories, registry: &mut Registry) -> Result<()> {
    for given in &directories.plugin_dirs {
        add(&program.path(given), registry)?;
    }
    Ok(())
}

fn add(path: &Path, registry: &mut Registry) -> Result<()> {
    if !path.is_dir() {
        registry.add_file(path)?;
        return Ok(());
    }
    for added in registry.add_directory(path)? {
        added?;
    }
    Ok(())
}
