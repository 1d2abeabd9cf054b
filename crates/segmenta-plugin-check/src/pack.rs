//! `lock` and `pack`: what an operator gets beside the library.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use segmenta_plugin_host::{Inspection, LibraryFile, Lock, LockedLibrary, platform};
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

/// A file to hand on: its name, and its bytes.
type Packed = (String, Vec<u8>);

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
    let (_, files) = packed(library, publisher, report, options)?;
    fs::create_dir_all(folder).map_err(Error::written(folder))?;
    let write = |(name, bytes): Packed| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(Error::written(&path)).map(|()| path)
    };
    files.into_iter().map(write).collect()
}

/// As [`pack`], as one file: a gzipped tar archive with one folder, named after plugin and version. Equal
/// libraries and reports give equal bytes. Gives the names in the archive, sorted.
///
/// # Errors
/// [`Error::Exists`] if the file is there, [`Error::Plugin`], [`Error::File`].
pub fn pack_archive(
    library: &Path,
    publisher: &str,
    report: &Report,
    options: &Options,
    archive: &Path,
) -> Result<Vec<String>> {
    if archive.exists() {
        return Err(Error::Exists { path: archive.to_owned() });
    }
    let (folder, mut files) = packed(library, publisher, report, options)?;
    files.sort();
    let bytes = archived(&folder, &files).map_err(Error::written(archive))?;
    fs::write(archive, bytes).map_err(Error::written(archive))?;
    Ok(files.into_iter().map(|(name, _)| format!("{folder}/{name}")).collect())
}

/// The bytes of an archive that says nothing about who made it, where and when.
fn archived(folder: &str, files: &[Packed]) -> io::Result<Vec<u8>> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::best()));
    for (name, bytes) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(0);
        header.set_uid(0);
        header.set_gid(0);
        archive.append_data(&mut header, format!("{folder}/{name}"), bytes.as_slice())?;
    }
    archive.into_inner()?.finish()
}

/// The name of the whole, and its files: library, manifest, description, page and report.
fn packed(library: &Path, publisher: &str, report: &Report, options: &Options) -> Result<(String, Vec<Packed>)> {
    let target = Target::File(library.to_owned());
    let file = LibraryFile::read(library)?;
    let inspection = file.inspect()?;
    let name = &inspection.name;
    let library_name = format!("lib{}.so", name.replace('-', "_"));
    let manifest = manifest(&inspection, publisher, &library_name, file.sha256());
    let described = serde_json::to_string_pretty(&described(&target)?).expect("what was JSON stays JSON");
    let page = page(&target, options, Some(report))?;
    let files = vec![
        (format!("{name}.toml"), manifest.into_bytes()),
        (library_name, file.bytes().to_vec()),
        ("describe.json".to_owned(), described.into_bytes()),
        (format!("{name}.md"), page.into_bytes()),
        ("check.json".to_owned(), report.json().into_bytes()),
    ];
    Ok((format!("{name}-{}", inspection.version), files))
}

fn manifest(inspection: &Inspection, publisher: &str, library: &str, sha256: &str) -> String {
    let mut manifest = format!("manifest_version = 1\nname = {}\n", quoted(&inspection.name));
    let (version, abi) = (quoted(&inspection.version), quoted(&inspection.abi()));
    // Writing to a text cannot fail.
    let _ = write!(manifest, "version = {version}\npublisher = {}\nabi = {abi}\n", quoted(publisher));
    let _ = write!(manifest, "\n[library.{}]\n", platform());
    let _ = write!(manifest, "path = {}\nsha256 = {}\n", quoted(library), quoted(sha256));
    manifest
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn an_archive_has_the_files_and_nothing_of_the_machine() {
        let files = [("a.toml".to_owned(), b"name = 1".to_vec()), ("b.so".to_owned(), vec![7; 100_000])];
        let bytes = archived("a-1.0.0", &files).unwrap();
        assert_eq!(bytes, archived("a-1.0.0", &files).unwrap());
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(bytes.as_slice()));
        let mut found = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let header = entry.header();
            assert_eq!((header.mtime().unwrap(), header.uid().unwrap(), header.mode().unwrap()), (0, 0, 0o644));
            let path = entry.path().unwrap().display().to_string();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            found.push((path, content));
        }
        let expected = files.map(|(name, content)| (format!("a-1.0.0/{name}"), content));
        assert_eq!(found, expected);
    }
}
