//! A plugin's manifest: where its library is on each platform.
//!
//! ```toml
//! manifest_version = 1
//! name = "acme-rfm"
//! version = "1.4.0"
//! publisher = "acme-crm"
//! abi = "1.0"
//!
//! [library.linux-x86_64-gnu]
//! path = "libacme_rfm.so"
//! sha256 = "9f2c…"
//! ```

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::{is_digest, platform};
use crate::{Document, Error, Inspection, Result};

/// The only version of the file.
const VERSION: u32 = 1;

/// What a manifest says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    manifest_version: u32,
    /// Name of the plugin.
    pub name: String,
    /// Semantic version of the plugin.
    pub version: String,
    /// Who made it; nobody vouches for this.
    #[serde(default)]
    pub publisher: String,
    /// ABI of its notes, such as `1.0`; empty if it does not say.
    #[serde(default)]
    pub abi: String,
    /// Its libraries, by platform.
    #[serde(rename = "library")]
    pub libraries: BTreeMap<String, ManifestLibrary>,
}

/// One library of a manifest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestLibrary {
    /// Where it is, relative to the manifest.
    pub path: PathBuf,
    /// Its digest, 64 hex digits.
    pub sha256: Option<String>,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::BadDocument`].
    pub fn read(path: &Path) -> Result<Self> {
        let bad = |problem: String| Error::BadDocument { document: Document::Manifest, path: path.to_owned(), problem };
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| Error::Read { path: path.to_owned(), source })?;
        let manifest: Self = toml::from_str(&text).map_err(|error| bad(error.to_string()))?;
        if manifest.manifest_version != VERSION {
            return Err(bad(format!("version {} is not known", manifest.manifest_version)));
        }
        let mut digests = manifest.libraries.values().filter_map(|library| library.sha256.as_deref());
        if let Some(wrong) = digests.find(|digest| !is_digest(digest)) {
            return Err(bad(format!("`{wrong}` is no SHA-256 of 64 lower-case hex digits")));
        }
        Ok(manifest)
    }

    /// The library of this platform, of a manifest at `path`.
    ///
    /// # Errors
    /// [`Error::WrongMachine`] naming the platforms there are.
    pub fn library(&self, path: &Path) -> Result<(PathBuf, Option<&str>)> {
        let Some(library) = self.libraries.get(&platform()) else {
            let found = self.libraries.keys().cloned().collect::<Vec<_>>().join(", ");
            return Err(Error::WrongMachine { path: path.to_owned(), found, expected: platform() });
        };
        let directory = path.parent().unwrap_or(Path::new(""));
        Ok((directory.join(&library.path), library.sha256.as_deref()))
    }

    /// Whether a library is the one the manifest names.
    ///
    /// # Errors
    /// [`Error::BadNote`] if name, version or ABI differ.
    pub fn check(&self, library: &Inspection) -> Result<()> {
        let abi = library.abi();
        let same = [
            (&self.name, &library.name),
            (&self.version, &library.version),
            (if self.abi.is_empty() { &abi } else { &self.abi }, &abi),
        ];
        match same.iter().find(|(wanted, found)| wanted != found) {
            None => Ok(()),
            Some((wanted, found)) => Err(Error::BadNote {
                plugin: format!("`{}`", self.name),
                problem: format!("it says `{found}` where its manifest says `{wanted}`"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Manifest> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("p.toml");
        std::fs::write(&path, text).unwrap();
        Manifest::read(&path)
    }

    #[test]
    fn the_library_of_this_platform_is_found_beside_the_manifest() {
        let head = "manifest_version = 1\nname = \"p\"\nversion = \"1.0.0\"\n";
        let here = read(&format!("{head}[library.{}]\npath = \"libp.so\"\n", platform())).unwrap();
        assert_eq!(here.library(Path::new("/a/p.toml")).unwrap(), (PathBuf::from("/a/libp.so"), None));
        let elsewhere = read(&format!("{head}[library.plan9-mips]\npath = \"libp.so\"\n")).unwrap();
        let error = elsewhere.library(Path::new("/a/p.toml")).unwrap_err();
        assert_eq!(error.code(), "wrong-machine");
        assert!(error.to_string().contains("plan9-mips"), "{error}");
    }

    #[test]
    fn what_is_no_manifest_is_refused() {
        let head = "manifest_version = 1\nname = \"p\"\nversion = \"1\"\n";
        let short = format!("{head}[library.x]\npath = \"a\"\nsha256 = \"aa\"\n");
        for text in ["", "manifest_version = 2\nname = \"p\"\nversion = \"1\"\n[library]", &short] {
            assert_eq!(read(text).unwrap_err().code(), "bad-manifest", "{text}");
        }
    }
}
