//! The plugins of a command: those that are part of the program, and those it is told to load.

use std::path::{Path, PathBuf};

use segmenta_plugin_host::{
    Admitted, Gate, LibraryFile, Linked, Lock, Mode, Places, Policy, Registry, Request, Require, Resolved, Wanted,
    process, report_crashes, resolve,
};

use crate::arguments::PluginDirectories;
use crate::error::{Error, Result};
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

/// Written by `plugins lock`, read beside the pipeline file.
pub(crate) const LOCK: &str = "plugins.lock";

/// The operator's policy, unless [`POLICY_VARIABLE`] names another file.
const POLICY: &str = "/etc/segmenta/plugins.toml";
const POLICY_VARIABLE: &str = "SEGMENTA_PLUGIN_POLICY";

/// The built-in plugin of this name.
pub(crate) fn built_in(name: &str) -> Option<Linked> {
    BUILT_IN.iter().find(|(built_in, _)| *built_in == name).map(|(_, linked)| linked())
}

/// All plugins of a command. A library it is told to load replaces the built-in plugin of its name.
///
/// `pipeline`: the file or directory beside which the lock and `plugins/` are.
///
/// # Errors
/// The first library that cannot be used: a run must not go on with fewer plugins than asked for.
pub(crate) fn registry(program: &Program<'_>, wanted: &PluginDirectories, pipeline: &Path) -> Result<Registry> {
    let beside = directory(&program.path(pipeline));
    let libraries = libraries(program, wanted, &beside)?;
    let admitted = admitted(program, wanted, &beside, &libraries)?;
    let replaced = |name: &str| admitted.iter().any(|library| library.inspection.name == name);
    let built_in: Vec<Linked> =
        BUILT_IN.iter().filter(|(name, _)| !replaced(name)).map(|(_, linked)| linked()).collect();
    let mut registry = Registry::new(&built_in)?;
    for ((file, _), admitted) in libraries.iter().zip(&admitted) {
        tracing::info!(plugin = admitted.inspection.name, mode = ?admitted.mode, why = %admitted.reason, "plugin");
        if admitted.mode == Mode::InProcess {
            report_crashes();
        }
        registry.add_admitted(file, admitted, &settings(program))?;
    }
    Ok(registry)
}

fn directory(path: &Path) -> PathBuf {
    if path.is_dir() { path.to_owned() } else { path.parent().unwrap_or(path).to_owned() }
}

/// The files to load, read once: what is judged is what runs.
fn libraries(
    program: &Program<'_>,
    wanted: &PluginDirectories,
    beside: &Path,
) -> Result<Vec<(LibraryFile, Option<Resolved>)>> {
    let mut files = Vec::new();
    for given in &wanted.plugin_dirs {
        let path = program.path(given);
        let found = if path.is_dir() { segmenta_plugin_host::libraries(&path)? } else { vec![path] };
        for path in found {
            files.push((LibraryFile::read(&path)?, None));
        }
    }
    for given in &wanted.plugins {
        let resolved = find(program, given, beside)?;
        files.push((LibraryFile::read(&resolved.library)?, Some(resolved)));
    }
    Ok(files)
}

/// A bare word is a name, everything else a path.
fn find(program: &Program<'_>, given: &Path, beside: &Path) -> Result<Resolved> {
    let places = places(program, beside);
    let name = given.to_str().filter(|text| !text.contains(['/', '.']));
    let path = program.path(given);
    Ok(resolve(name.map_or(Wanted::Path(&path), Wanted::Name), &places)?)
}

fn places(program: &Program<'_>, beside: &Path) -> Places {
    let environment = program.environment;
    let home = environment.variable("HOME").map(|home| Path::new(home).join(".local/share"));
    let user = environment.variable("XDG_DATA_HOME").map(PathBuf::from).or(home);
    Places {
        pipeline: beside.to_owned(),
        search: environment.variable("SEG_PLUGIN_PATH").map(std::env::split_paths).into_iter().flatten().collect(),
        user: user.map(|data| data.join("segmenta/plugins")),
        system: Some(PathBuf::from("/usr/lib/segmenta/plugins")),
    }
}

fn admitted(
    program: &Program<'_>,
    wanted: &PluginDirectories,
    beside: &Path,
    libraries: &[(LibraryFile, Option<Resolved>)],
) -> Result<Vec<Admitted>> {
    if libraries.is_empty() {
        return Ok(Vec::new());
    }
    let (policy, lock) = (policy(program)?, lock(beside)?);
    let gate = Gate { policy: &policy, lock: lock.as_ref(), require: Require::Any };
    let admit = |(file, resolved): &(LibraryFile, Option<Resolved>)| {
        let manifest = resolved.as_ref().and_then(|resolved| resolved.manifest.as_ref());
        gate.admit(file, &Request { manifest, isolation: wanted.isolation.into(), ..Request::default() })
    };
    Ok(libraries.iter().map(admit).collect::<Result<_, _>>()?)
}

fn policy(program: &Program<'_>) -> Result<Policy> {
    match program.environment.variable(POLICY_VARIABLE) {
        Some(path) => Ok(Policy::read(&program.path(path.as_ref()))?),
        None if Path::new(POLICY).exists() => Ok(Policy::read(POLICY.as_ref())?),
        None => Ok(Policy::default()),
    }
}

/// The lock in a directory, if there is one.
pub(crate) fn lock(directory: &Path) -> Result<Option<Lock>> {
    let path = directory.join(LOCK);
    path.exists().then(|| Lock::read(&path)).transpose().map_err(Error::from)
}

/// How plugins run in processes of their own.
pub(crate) fn settings(program: &Program<'_>) -> process::Settings {
    process::Settings {
        launcher: program.environment.plugin_host.clone(),
        crash_directory: Some(program.path("crash".as_ref())),
        ..process::Settings::default()
    }
}
