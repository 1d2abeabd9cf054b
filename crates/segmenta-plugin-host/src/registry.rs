//! All plugins of a run and the criteria they offer.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_schema::Schema;
use jsonschema::Validator;
use segmenta_plugin_abi::Linked;
use serde_json::Value;

use crate::backend::Library;
use crate::binding::Binding;
use crate::call;
use crate::describe::{self, CriterionInfo};
use crate::instance::{Identity, Instance, input_hash, schema};
use crate::integrity::{Admitted, Mode};
use crate::library::{Inspection, LibraryFile, Tenancy, Terms};
use crate::load::{self, HostShape, Loaded};
use crate::{Error, Limits, Result, params, process};

/// The plugins of a run. Criteria have one name each, whichever plugin they come from.
#[derive(Debug, Default)]
pub struct Registry {
    plugins: Vec<Plugin>,
    criteria: BTreeMap<String, Entry>,
}

/// One plugin.
#[derive(Debug, Clone)]
pub struct Plugin {
    name: String,
    version: String,
    sha256: String,
    origin: Origin,
    mode: Mode,
    criteria: Vec<Arc<CriterionInfo>>,
}

/// Where a plugin came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// It is part of the program.
    Linked,
    /// It was loaded from a file.
    File {
        /// The file.
        path: PathBuf,
    },
}

/// A criterion with what it takes to bind it.
#[derive(Debug)]
struct Entry {
    info: Arc<CriterionInfo>,
    library: Library,
    validator: Validator,
    limits: Limits,
    /// Whether it may give other results each time.
    may_differ: bool,
    /// Place in [`Registry::plugins`].
    plugin: usize,
}

impl Plugin {
    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its semantic version.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Digest of its library file, 64 hex digits; of name and version if it is linked in.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Where it came from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Where it runs.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// What it offers.
    pub fn criteria(&self) -> &[Arc<CriterionInfo>] {
        &self.criteria
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Linked => f.write_str("built in"),
            Self::File { path } => write!(f, "`{}`", path.display()),
        }
    }
}

impl Registry {
    /// The plugins that are part of the program. They pass the same checks as loaded ones.
    ///
    /// # Errors
    /// [`Error::BadNote`] and its neighbours, [`Error::EntryFailed`], [`Error::BadTable`],
    /// [`Error::BadDescribe`], [`Error::DuplicatePlugin`], [`Error::DuplicateCriterion`].
    pub fn new(linked: &[Linked]) -> Result<Self> {
        let mut registry = Self::default();
        for linked in linked {
            registry.add_loaded(&load::linked(linked)?, Origin::Linked)?;
        }
        Ok(registry)
    }

    /// Loads a library file into the runner. The bytes that are read are the ones that run, and stay
    /// loaded for the life of the process. A file that was added before changes nothing.
    ///
    /// # Errors
    /// Every step of loading has its own variant; then as [`Registry::new`].
    pub fn add_file(&mut self, path: &Path) -> Result<&Plugin> {
        self.add_library(&LibraryFile::read(path)?, Terms::default())
    }

    /// Loads a library that was read, and perhaps judged, before.
    ///
    /// # Errors
    /// As [`Registry::add_file`], without reading.
    pub fn add_library(&mut self, file: &LibraryFile, terms: Terms) -> Result<&Plugin> {
        let at = match self.known(file) {
            Some(at) => at,
            None => {
                let origin = Origin::File { path: file.path().to_owned() };
                // Before any of its code runs.
                self.refuse_duplicate_plugin(&file.check(terms.tenancy)?.name, &origin)?;
                self.add_loaded(&load::file(file, terms)?, origin)?
            }
        };
        Ok(&self.plugins[at])
    }

    /// Loads a library that this process has not loaded before under a host that it was not built
    /// against, to see what it makes of it.
    ///
    /// # Errors
    /// As [`Registry::add_library`].
    pub fn add_in_shape(&mut self, file: &LibraryFile, shape: HostShape) -> Result<&Plugin> {
        let loaded = load::file_in_shape(file, Terms::default(), shape)?;
        let at = self.add_loaded(&loaded, Origin::File { path: file.path().to_owned() })?;
        Ok(&self.plugins[at])
    }

    /// Loads a library where its judges want it to run. `settings` count only in a process of its own.
    ///
    /// # Errors
    /// As [`Registry::add_library`] or [`Registry::add_isolated`].
    pub fn add_admitted(
        &mut self,
        file: &LibraryFile,
        admitted: &Admitted,
        settings: &process::Settings,
    ) -> Result<&Plugin> {
        match admitted.mode {
            Mode::InProcess => self.add_library(file, admitted.terms),
            Mode::Process => self.add_isolated(file, settings),
        }
    }

    /// Lets a library run in processes of its own. A library that was added before changes nothing.
    ///
    /// # Errors
    /// As [`Registry::add_library`], [`Error::Crashed`], [`Error::NoProcess`], [`Error::Protocol`].
    pub fn add_isolated(&mut self, file: &LibraryFile, settings: &process::Settings) -> Result<&Plugin> {
        if let Some(at) = self.known(file) {
            return Ok(&self.plugins[at]);
        }
        let Inspection { name, version, .. } = file.check(Tenancy::Alone)?;
        let (sha256, origin) = (file.sha256().to_owned(), Origin::File { path: file.path().to_owned() });
        self.refuse_duplicate_plugin(&name, &origin)?;
        let library = Library::Apart(process::Pool::start(file, settings)?);
        let mode = Mode::Process;
        let at = self.add(Plugin { name, version, sha256, origin, mode, criteria: Vec::new() }, &library)?;
        Ok(&self.plugins[at])
    }

    /// Limits the calls of a plugin, of criteria that are bound from now on.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no plugin of this name.
    pub fn limit(&mut self, plugin: &str, limits: Limits) -> Result<()> {
        let missing = || Error::NotFound { name: plugin.to_owned(), tried: Vec::new() };
        let at = self.plugins.iter().position(|known| known.name == plugin).ok_or_else(missing)?;
        for entry in self.criteria.values_mut().filter(|entry| entry.plugin == at) {
            entry.limits = limits;
        }
        Ok(())
    }

    /// Lets a criterion be bound that says of itself that its results are not the same twice.
    ///
    /// # Errors
    /// [`Error::UnknownCriterion`].
    pub fn allow_unrepeatable(&mut self, criterion: &str) -> Result<()> {
        if let Some(entry) = self.criteria.get_mut(criterion) {
            entry.may_differ = true;
            return Ok(());
        }
        self.entry(criterion).map(drop)
    }

    /// Loads every `*.so` (or what libraries are called here) of a directory, in the order of names.
    /// One answer per file: the plugin's name, or why it cannot be used.
    ///
    /// # Errors
    /// [`Error::Read`] if the directory cannot be listed.
    pub fn add_directory(&mut self, directory: &Path) -> Result<Vec<Result<String>>> {
        let files = libraries(directory)?;
        let add = |path: PathBuf| self.add_file(&path).map(|plugin| plugin.name.clone());
        Ok(files.into_iter().map(add).collect())
    }

    /// All plugins, in the order they were added.
    pub fn plugins(&self) -> &[Plugin] {
        &self.plugins
    }

    /// The criterion of this name.
    pub fn criterion(&self, name: &str) -> Option<&CriterionInfo> {
        self.criteria.get(name).map(|entry| entry.info.as_ref())
    }

    /// All criteria, in the order of names.
    pub fn criteria(&self) -> impl Iterator<Item = &CriterionInfo> {
        self.criteria.values().map(|entry| entry.info.as_ref())
    }

    /// Checks options against the criterion's schema without calling the plugin.
    ///
    /// # Errors
    /// [`Error::UnknownCriterion`], [`Error::Params`] with everything that is wrong.
    pub fn check_params(&self, criterion: &str, params: &Value) -> Result<()> {
        let entry = self.entry(criterion)?;
        params::check(&entry.info, &entry.validator, params)
    }

    /// Binds a criterion to its options, the run's moment (exclusive, in microseconds since 1970-01-01
    /// UTC) and columns. The columns are named as the criterion's inputs, `features.0`, `features.1` …
    /// for a list of columns; their metadata may hold the pipeline's own name under
    /// [`segmenta_plugin_sdk::COLUMN_KEY`]. Further columns are left out.
    ///
    /// # Errors
    /// [`Error::UnknownCriterion`], [`Error::NotRepeatable`], [`Error::Params`], [`Error::Input`], [`Error::Plugin`],
    /// [`Error::BadBind`].
    pub fn bind(&self, criterion: &str, params: &Value, as_of_us: i64, inputs: &Schema) -> Result<Arc<Instance>> {
        let entry = self.entry(criterion)?;
        if !entry.may_differ && entry.info.is_unrepeatable() {
            return Err(Error::NotRepeatable { criterion: criterion.to_owned() });
        }
        params::check(&entry.info, &entry.validator, params)?;
        let options = params::completed(&entry.info, params);
        let binding = Binding::new(&entry.info, inputs, entry.library.wants_compact())?;
        let text = params::with_run(&options, as_of_us);
        let created = entry.library.create(criterion, &text, binding.fields(), entry.limits);
        let (handle, outputs) = created.map_err(params::as_params)?;
        let plugin = &self.plugins[entry.plugin];
        let identity = Identity {
            plugin: plugin.name.clone(),
            version: plugin.version.clone(),
            sha256: plugin.sha256.clone(),
            criterion: criterion.to_owned(),
            params_hash: params::hash(&entry.info, &options),
            input_hash: input_hash(binding.fields()),
        };
        let info = Arc::clone(&entry.info);
        let output = schema(outputs);
        Ok(Arc::new(Instance { info, identity, as_of_us, binding, handle, output }))
    }

    fn entry(&self, criterion: &str) -> Result<&Entry> {
        self.criteria.get(criterion).ok_or_else(|| Error::UnknownCriterion {
            criterion: criterion.to_owned(),
            known: self.criteria.keys().cloned().collect(),
        })
    }

    /// Adds a plugin of this process.
    fn add_loaded(&mut self, loaded: &Loaded, origin: Origin) -> Result<usize> {
        let Loaded { name, version, sha256, .. } = loaded.clone();
        let library = Library::Here(Arc::new(call::Library::new(loaded)));
        let mode = Mode::InProcess;
        self.add(Plugin { name, version, sha256, origin, mode, criteria: Vec::new() }, &library)
    }

    /// Adds a plugin with all its criteria, or nothing. Gives its place.
    fn add(&mut self, plugin: Plugin, library: &Library) -> Result<usize> {
        self.refuse_duplicate_plugin(&plugin.name, &plugin.origin)?;
        let infos = describe::read(&plugin.name, &plugin.version, &library.describe()?)?;
        let infos: Vec<_> = infos.into_iter().map(Arc::new).collect();
        let mut entries = Vec::new();
        for info in &infos {
            self.refuse_duplicate_criterion(info)?;
            let validator = params::validator(info)?;
            let (library, plugin) = (library.clone(), self.plugins.len());
            entries.push(Entry {
                info: Arc::clone(info),
                library,
                validator,
                limits: Limits::default(),
                may_differ: false,
                plugin,
            });
        }
        let named = entries.into_iter().map(|entry| (entry.info.name.clone(), entry));
        self.criteria.extend(named);
        self.plugins.push(Plugin { criteria: infos, ..plugin });
        Ok(self.plugins.len() - 1)
    }

    /// The place of the plugin that these bytes are, if they were added before.
    fn known(&self, file: &LibraryFile) -> Option<usize> {
        self.plugins.iter().position(|plugin| plugin.sha256 == file.sha256())
    }

    fn refuse_duplicate_plugin(&self, name: &str, second: &Origin) -> Result<()> {
        match self.plugins.iter().find(|first| first.name == name) {
            None => Ok(()),
            Some(first) => Err(Error::DuplicatePlugin {
                plugin: name.to_owned(),
                first: first.origin.to_string(),
                second: second.to_string(),
            }),
        }
    }

    fn refuse_duplicate_criterion(&self, info: &CriterionInfo) -> Result<()> {
        match self.criteria.get(&info.name) {
            None => Ok(()),
            Some(first) => Err(Error::DuplicateCriterion {
                criterion: info.name.clone(),
                first: first.info.plugin.clone(),
                second: info.plugin.clone(),
            }),
        }
    }
}

/// Library files of a directory, sorted.
///
/// # Errors
/// [`Error::Read`] if the directory cannot be listed.
pub fn libraries(directory: &Path) -> Result<Vec<PathBuf>> {
    let unreadable = |source| Error::Read { path: directory.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|extension| extension == std::env::consts::DLL_EXTENSION) {
            files.push(path);
        }
    }
    files.sort_unstable();
    Ok(files)
}
