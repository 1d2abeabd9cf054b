//! Everything that is asked of a library before any of it runs.

use std::time::Duration;

use super::{Isolation, Lock, Manifest, Mode, ModeFacts, Pin, Policy, Reason, Require, choose_mode};
use crate::{Error, Inspection, LibraryFile, LockedLibrary, Result, Tenancy, Terms};

/// Time that a library's initialisers and its entry function may take.
const START: Duration = Duration::from_secs(10);

/// The rules of a run.
#[derive(Debug, Clone, Copy)]
pub struct Gate<'a> {
    /// The operator's rules.
    pub policy: &'a Policy,
    /// The lock beside the pipeline, if there is one.
    pub lock: Option<&'a Lock>,
    /// What the pipeline itself requires.
    pub require: Require,
}

/// What the pipeline says about one plugin.
#[derive(Debug, Clone, Copy, Default)]
pub struct Request<'a> {
    /// The name the pipeline calls the plugin by.
    pub name: Option<&'a str>,
    /// The digest it expects.
    pub pin: Option<&'a Pin>,
    /// The manifest that led to the library.
    pub manifest: Option<&'a Manifest>,
    /// Where it should run.
    pub isolation: Isolation,
}

/// A library that may run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admitted {
    /// What the library says about itself.
    pub inspection: Inspection,
    /// Where it runs.
    pub mode: Mode,
    /// Why there.
    pub reason: Reason,
    /// How it is loaded there.
    pub terms: Terms,
}

impl Gate<'_> {
    /// Judges a library; none of its code has run when this returns.
    ///
    /// The place of the file, its digest, the pin and the list of the policy are compared before the
    /// file is parsed; the lock knows plugins by name, so it comes after.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::PinMismatch`], and as [`LibraryFile::check`].
    pub fn admit(&self, file: &LibraryFile, request: &Request<'_>) -> Result<Admitted> {
        let shown = format!("`{}`", file.path().display());
        self.policy.check_file(file.path(), file.sha256(), self.require)?;
        if let Some(pin) = request.pin {
            pin.check(&shown, file.sha256())?;
        }
        if let Some((_, Some(expected))) = request.manifest.map(|manifest| manifest.library(file.path())).transpose()? {
            Pin::one(expected).expect("the manifest was checked to have digests").check(&shown, file.sha256())?;
        }
        let inspection = file.check(Tenancy::Alone)?;
        check_names(&inspection, request)?;
        let locked = self.locked(file, &inspection)?;
        let facts = ModeFacts {
            locked: locked.is_some_and(|library| library.abi == inspection.abi()),
            level: locked.and_then(|library| library.level),
            ..ModeFacts::of(&inspection)
        };
        let (mode, reason) = choose_mode(&inspection.name, request.isolation, self.policy, &facts)?;
        let tenancy = match mode {
            Mode::InProcess => Tenancy::Shared,
            Mode::Process => Tenancy::Alone,
        };
        let terms = Terms { tenancy, side_effects: self.policy.side_effects, timeout: Some(START) };
        Ok(Admitted { inspection, mode, reason, terms })
    }

    /// The entry of the lock, which must be there if it is required.
    fn locked(&self, file: &LibraryFile, library: &Inspection) -> Result<Option<&LockedLibrary>> {
        let found = match self.lock {
            Some(lock) => lock.verify(&library.name, &library.version, file.sha256())?,
            None => None,
        };
        let required = self.policy.stricter(self.require) >= Require::Locked && !self.is_listed(file);
        if found.is_some() || !required {
            return Ok(found);
        }
        let problem = match self.lock {
            None => "there is no `plugins.lock`",
            Some(_) => "it is not in `plugins.lock`",
        };
        Err(Error::NotAllowed { plugin: library.name.clone(), problem: problem.to_owned() })
    }

    /// What the operator lists needs no lock beside the pipeline.
    fn is_listed(&self, file: &LibraryFile) -> bool {
        self.policy.allow.binary_search(&file.sha256().to_owned()).is_ok()
    }
}

fn check_names(library: &Inspection, request: &Request<'_>) -> Result<()> {
    if let Some(manifest) = request.manifest {
        manifest.check(library)?;
    }
    match request.name {
        Some(name) if name != library.name => Err(Error::BadNote {
            plugin: format!("`{name}`"),
            problem: format!("it says that the plugin is called `{}`", library.name),
        }),
        _ => Ok(()),
    }
}
