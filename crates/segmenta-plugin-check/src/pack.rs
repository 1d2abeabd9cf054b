//! `lock` and `pack`: what an operator gets beside the library.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use segmenta_plugin_host::{LibraryFile, Lock, LockedLibrary, platform};
use serde_json::Value;

use crate::options::{Options, Target};
use crate::{Error, Level, Report, Result, check, described, page};

/// Checks a library up to `up_to` and writes it into the lock with the level it reached.
///
/// # Errors
/// [`Error::Plugin`] if the file is no plugin library. What the check finds is in the report.
pub fn lock(lock: &mut Lock, library: &Path, up_to: Level, options: &Options) -> Result<Report> {
    let file = LibraryFile::read(library)?;
    let inspection = file.inspect()?;
    let report = check(&Target::File(library.to_owned()), up_to, options);
    let entry = LockedLibrary {
        sha256: file.sha256().to_owned(),
        abi: inspection.abi(),
        level: report.reached(),
        host: env!("CARGO_PKG_VERSION").to_owned(),
    };
    lock.insert(&inspection.name, &inspection.version, &platform(), entry);
    Ok(report)
}

/// Writes a folder that can be handed on: the library, a manifest that names it with its digest, what
/// the plugin says about itself as JSON, its page, and the report of its check. Gives the files in the
/// order they were written.
///
/// # Errors
/// [`Error::Exists`] if the folder holds anything, [`Error::Plugin`], [`Error::File`].
pub fn pack(
    library: &Path,
    publisher: &str,
    report: &Report,
    options: &Options,
    folder: &Path,
) -> Result<Vec<PathBuf>> {
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::Exists { path: folder.to_owned() });
    }
    let target = Target::File(library.to_owned());
    let file = LibraryFile::read(library)?;
    let inspection = file.inspect()?;
    let name = &inspection.name;
    let library_name = format!("lib{}.so", name.replace('-', "_"));
    let mut manifest = format!("manifest_version = 1\nname = {}\n", quoted(name));
    let (version, abi) = (quoted(&inspection.version), quoted(&inspection.abi()));
    let _ = write!(manifest, "version = {version}\npublisher = {}\nabi = {abi}\n", quoted(publisher));
    let _ = write!(manifest, "\n[library.{}]\n", platform());
    let _ = write!(manifest, "path = {}\nsha256 = {}\n", quoted(&library_name), quoted(file.sha256()));
    let described = serde_json::to_string_pretty(&described(&target)?).expect("what was JSON stays JSON");
    let page = page(&target, options, Some(report))?;
    let files = [
        (format!("{name}.toml"), manifest.into_bytes()),
        (library_name, file.bytes().to_vec()),
        ("describe.json".to_owned(), described.into_bytes()),
        (format!("{name}.md"), page.into_bytes()),
        ("check.json".to_owned(), report.json().into_bytes()),
    ];
    fs::create_dir_all(folder).map_err(Error::written(folder))?;
    let write = |(name, bytes): (String, Vec<u8>)| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(Error::written(&path)).map(|()| path)
    };
    files.into_iter().map(write).collect()
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}
