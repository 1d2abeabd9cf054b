//! The plugins of a command: those that are part of the program, and those it or its file asks for.

use std::path::{Path, PathBuf};
use std::time::Duration;

use indexmap::IndexMap;
use segmenta_pipeline::Label;
use segmenta_pipeline::model::{self, PluginUse, Sha256};
use segmenta_plugin_host::{
    Admitted, Error as HostError, Gate, Isolation, LibraryFile, Limits, Linked, Lock, Manifest, Mode, OnHang, Pin,
    Places, Policy, Registry, Request, Require, Resolved, Wanted, process, report_crashes, resolve,
};

use crate::arguments::{PluginDirectories, Reading};
use crate::error::{Error, Result};
use crate::pipeline_file::PipelineFile;
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

/// A library to load, and what was said of it.
struct Given<'a> {
    file: LibraryFile,
    manifest: Option<Manifest>,
    /// The table of the pipeline file that asks for it, with its name.
    table: Option<(&'a String, &'a PluginUse)>,
}

/// All plugins of a pipeline file: built in, asked for by the command, and asked for by the file. A library
/// replaces the built-in plugin of its name.
///
/// # Errors
/// The first library that cannot be used, at the table that asks for it: a run must not go on with fewer
/// plugins than asked for.
pub(crate) fn registry_of(program: &Program<'_>, reading: &Reading, file: &PipelineFile) -> Result<Registry> {
    let tables = file.plugins(program, reading);
    let place = |source: HostError, table: Option<&PluginUse>| match table {
        Some(table) => Error::Library {
            source: Box::new(source),
            label: Label { span: table.span.clone(), text: String::new(), primary: true },
            file: Box::new(file.clone()),
        },
        None => Error::Plugin(source),
    };
    Loading { program, wanted: &reading.plugins, tables: &tables, beside: file.directory(), place: &place }.registry()
}

/// All plugins of a command that is about no pipeline file. The lock and `plugins/` are looked for in
/// `directory`.
///
/// # Errors
/// The first library that cannot be used.
pub(crate) fn registry(program: &Program<'_>, wanted: &PluginDirectories, directory: &Path) -> Result<Registry> {
    let beside = program.path(directory);
    let place = |source, _: Option<&PluginUse>| Error::Plugin(source);
    Loading { program, wanted, tables: &IndexMap::new(), beside: &beside, place: &place }.registry()
}

/// What is loaded for whom.
struct Loading<'a, 'p> {
    program: &'a Program<'p>,
    wanted: &'a PluginDirectories,
    tables: &'a IndexMap<String, PluginUse>,
    /// Where the lock and `plugins/` are.
    beside: &'a Path,
    /// Puts an error where the pipeline file asks for the library.
    place: &'a dyn Fn(HostError, Option<&PluginUse>) -> Error,
}

impl Loading<'_, '_> {
    fn registry(&self) -> Result<Registry> {
        let given = self.given()?;
        let admitted = self.admitted(&given)?;
        let replaced = |name: &str| admitted.iter().any(|library| library.inspection.name == name);
        let built_in: Vec<Linked> =
            BUILT_IN.iter().filter(|(name, _)| !replaced(name)).map(|(_, linked)| linked()).collect();
        let mut registry = Registry::new(&built_in)?;
        for (given, admitted) in given.iter().zip(&admitted) {
            tracing::info!(plugin = admitted.inspection.name, mode = ?admitted.mode, why = %admitted.reason, "plugin");
            if admitted.mode == Mode::InProcess {
                report_crashes();
            }
            let table = given.table.map(|(_, table)| table);
            let mut settings = settings(self.program);
            settings.memory = table.and_then(|table| table.memory).unwrap_or(settings.memory);
            let added = registry.add_admitted(&given.file, admitted, &settings);
            added.map_err(|source| (self.place)(source, table))?;
        }
        for (name, table) in self.tables {
            registry.limit(name, limits(table)).map_err(|source| (self.place)(source, Some(table)))?;
            if table.allow_nondeterministic {
                allow_unrepeatable(&mut registry, name)?;
            }
        }
        Ok(registry)
    }

    /// The files to load, read once: what is judged is what runs.
    fn given(&self) -> Result<Vec<Given<'_>>> {
        let mut given = Vec::new();
        for directory in &self.wanted.plugin_dirs {
            let path = self.program.path(directory);
            let found = if path.is_dir() { segmenta_plugin_host::libraries(&path)? } else { vec![path] };
            for path in found {
                given.push(Given { file: LibraryFile::read(&path)?, manifest: None, table: None });
            }
        }
        for plugin in &self.wanted.plugins {
            let Resolved { library, manifest, .. } = find(self.program, plugin, self.beside)?;
            given.push(Given { file: LibraryFile::read(&library)?, manifest, table: None });
        }
        for (name, table) in self.tables {
            // Without a path, a built-in plugin is itself.
            if table.path.is_none() && built_in(name).is_some() {
                continue;
            }
            let found = self.of_table(name, table).map_err(|source| (self.place)(source, Some(table)))?;
            given.push(Given { table: Some((name, table)), ..found });
        }
        Ok(given)
    }

    fn of_table(&self, name: &str, table: &PluginUse) -> Result<Given<'_>, HostError> {
        let places = places(self.program, self.beside);
        let wanted = table.path.as_deref().map_or(Wanted::Name(name), |path| Wanted::Path(path.as_ref()));
        let Resolved { library, manifest, .. } = resolve(wanted, &places)?;
        Ok(Given { file: LibraryFile::read(&library)?, manifest, table: None })
    }

    fn admitted(&self, given: &[Given<'_>]) -> Result<Vec<Admitted>> {
        if given.is_empty() {
            return Ok(Vec::new());
        }
        let (policy, lock) = (policy(self.program)?, lock(self.beside)?);
        let gate = Gate { policy: &policy, lock: lock.as_ref(), require: Require::Any };
        let admit = |given: &Given<'_>| {
            let table = given.table.map(|(_, table)| table);
            let pin = table.and_then(|table| table.sha256.as_ref()).map(pin);
            let request = Request {
                name: given.table.map(|(name, _)| name.as_str()),
                pin: pin.as_ref(),
                manifest: given.manifest.as_ref(),
                isolation: self.isolation(table),
            };
            gate.admit(&given.file, &request).map_err(|source| (self.place)(source, table))
        };
        given.iter().map(admit).collect()
    }

    /// The command's choice, else the file's.
    fn isolation(&self, table: Option<&PluginUse>) -> Isolation {
        match (self.wanted.isolation, table.and_then(|table| table.isolation)) {
            (Some(choice), _) => choice.into(),
            (None, Some(model::Isolation::InProcess)) => Isolation::InProcess,
            (None, Some(model::Isolation::Process)) => Isolation::Process,
            (None, Some(model::Isolation::Auto) | None) => Isolation::Auto,
        }
    }
}

fn allow_unrepeatable(registry: &mut Registry, plugin: &str) -> Result<()> {
    let known = registry.plugins().iter().find(|known| known.name() == plugin);
    let criteria: Vec<String> =
        known.into_iter().flat_map(|plugin| plugin.criteria()).map(|info| info.name.clone()).collect();
    for criterion in criteria {
        registry.allow_unrepeatable(&criterion)?;
    }
    Ok(())
}

fn pin(sha256: &Sha256) -> Pin {
    let pin = match sha256 {
        Sha256::One(digest) => Pin::one(digest),
        Sha256::Each(digests) => Pin::each(digests.clone()),
    };
    pin.expect("the reader of the file lets only digests pass")
}

fn limits(table: &PluginUse) -> Limits {
    let time = |seconds: Option<f64>| seconds.map(Duration::from_secs_f64);
    let Limits { on_hang, .. } = Limits::default();
    Limits {
        create: time(table.timeout.create),
        fit: time(table.timeout.fit),
        apply: time(table.timeout.apply),
        memory: table.memory,
        on_hang: match table.on_hang {
            Some(model::OnHang::Wait) => OnHang::Wait,
            Some(model::OnHang::AbortRun) => OnHang::AbortRun,
            None => on_hang,
        },
        ..Limits::default()
    }
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
