//! From the name or path in a pipeline to a library file.

use std::path::{Path, PathBuf};

use super::Manifest;
use crate::{Error, Result};

/// What a pipeline names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// A library or manifest, relative to the pipeline file.
    Path(&'a Path),
    /// A plugin's name, looked for in [`Places`].
    Name(&'a str),
}

/// Directories with plugins, in the order they are looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Places {
    /// Where the pipeline file is; its `plugins/` comes first.
    pub pipeline: PathBuf,
    /// The entries of `SEG_PLUGIN_PATH`.
    pub search: Vec<PathBuf>,
    /// The user's plugins.
    pub user: Option<PathBuf>,
    /// Everybody's plugins.
    pub system: Option<PathBuf>,
}

/// A library file, and the manifest that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    /// The library.
    pub library: PathBuf,
    /// The manifest, if there is one.
    pub manifest: Option<Manifest>,
    /// The digest that the manifest gives.
    pub sha256: Option<String>,
}

/// Finds what a pipeline names. For a name each place is asked for `NAME.toml`, then for `libNAME.so`
/// (or what libraries are called here), with `-` written as `_`.
///
/// # Errors
/// [`Error::NotFound`] with every place, [`Error::BadDocument`], [`Error::WrongMachine`] for a manifest
/// without this platform, [`Error::Read`].
pub fn resolve(wanted: Wanted<'_>, places: &Places) -> Result<Resolved> {
    let (name, tried) = match wanted {
        Wanted::Path(path) => (path.display().to_string(), vec![places.pipeline.join(path)]),
        Wanted::Name(name) => (name.to_owned(), candidates(name, places)),
    };
    match tried.iter().find(|path| std::fs::symlink_metadata(path).is_ok()) {
        Some(found) => open(found),
        None => Err(Error::NotFound { name, tried }),
    }
}

fn candidates(name: &str, places: &Places) -> Vec<PathBuf> {
    let Places { pipeline, search, user, system } = places;
    let directories = [pipeline.join("plugins")].into_iter();
    let directories = directories.chain(search.iter().cloned()).chain(user.clone()).chain(system.clone());
    let library = libloading::library_filename(name.replace('-', "_"));
    let manifest = format!("{name}.toml");
    directories.flat_map(|directory| [directory.join(&manifest), directory.join(&library)]).collect()
}

fn open(found: &Path) -> Result<Resolved> {
    if found.extension().is_none_or(|extension| extension != "toml") {
        return Ok(Resolved { library: found.to_owned(), manifest: None, sha256: None });
    }
    let manifest = Manifest::read(found)?;
    let (library, sha256) = manifest.library(found)?;
    let sha256 = sha256.map(str::to_owned);
    Ok(Resolved { library, manifest: Some(manifest), sha256 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform;

    #[test]
    fn places_are_asked_in_order_and_named_when_nothing_is_there() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let places = Places {
            pipeline: at("pipe"),
            search: vec![at("first"), at("second")],
            user: Some(at("user")),
            system: Some(at("system")),
        };
        let error = resolve(Wanted::Name("acme-rfm"), &places).unwrap_err();
        let Error::NotFound { tried, .. } = &error else { panic!("{error:?}") };
        assert_eq!((error.code(), tried.len()), ("not-found", 10));
        assert_eq!(tried[1], at("pipe/plugins/libacme_rfm.so"));
        assert!(error.hint().unwrap().contains("system/acme-rfm.toml"));
        for place in ["system", "second", "pipe/plugins"] {
            std::fs::create_dir_all(at(place)).unwrap();
            let library = at(place).join("libacme_rfm.so");
            std::fs::write(&library, "").unwrap();
            assert_eq!(resolve(Wanted::Name("acme-rfm"), &places).unwrap().library, library);
        }
        let path = Path::new("plugins/libacme_rfm.so");
        assert_eq!(resolve(Wanted::Path(path), &places).unwrap().library, at("pipe/plugins/libacme_rfm.so"));
        assert_eq!(resolve(Wanted::Path(Path::new("none.so")), &places).unwrap_err().code(), "not-found");
    }

    #[test]
    fn a_manifest_leads_to_the_library() {
        let directory = tempfile::tempdir().unwrap();
        let digest = "a0".repeat(32);
        let text = format!(
            "manifest_version = 1\nname = \"p\"\nversion = \"1\"\n[library.{}]\npath = \"x.so\"\nsha256 = \"{digest}\"\n",
            platform()
        );
        std::fs::write(directory.path().join("p.toml"), text).unwrap();
        let places = Places { search: vec![directory.path().to_owned()], ..Places::default() };
        let found = resolve(Wanted::Name("p"), &places).unwrap();
        assert_eq!((found.library, found.sha256), (directory.path().join("x.so"), Some(digest)));
    }
}
