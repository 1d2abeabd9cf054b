//! `new`: a project that builds, passes its check, and runs in a pipeline.

use std::fs;
use std::path::{Path, PathBuf};

use minijinja::{Environment, UndefinedBehavior, context};

use crate::{Error, Result};

/// The language of a new plugin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lang {
    /// Rust, on the SDK.
    Rust,
    /// C, on the header alone.
    C,
}

/// What a new criterion is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Looks at one row.
    Row,
    /// Looks at columns of rows.
    Batch,
    /// Learns from all rows first.
    Fitted,
}

/// Where a Rust project finds the SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sdk {
    /// In the folder of `segmenta-plugin-sdk`, beside which `segmenta-plugin-check` lies.
    Path(PathBuf),
    /// In a git repository.
    Git(String),
    /// In a repository that the author fills in; the README says where.
    Placeholder,
}

/// A file of a project: its name there, and its template.
type Source = (&'static str, &'static str);

const SHARED: [Source; 4] = [
    ("fixture.csv", include_str!("../templates/shared/fixture.csv")),
    ("pipeline.toml", include_str!("../templates/shared/pipeline.toml.j2")),
    ("README.md", include_str!("../templates/shared/README.md.j2")),
    (".gitignore", include_str!("../templates/shared/gitignore")),
];
const RUST: [Source; 3] = [
    ("Cargo.toml", include_str!("../templates/rust/Cargo.toml.j2")),
    ("tests/laws.rs", include_str!("../templates/rust/laws.rs.j2")),
    (".github/workflows/ci.yml", include_str!("../templates/rust/ci.yml.j2")),
];
const C: [Source; 3] = [
    ("Makefile", include_str!("../templates/c/Makefile.j2")),
    ("NAME.map", include_str!("../templates/c/version.map.j2")),
    (".github/workflows/ci.yml", include_str!("../templates/c/ci.yml.j2")),
];
const C_SOURCE: &str = include_str!("../templates/c/plugin.c.j2");
/// Not rendered: it is the contract as it is.
const HEADER: &str = include_str!("../../segmenta-plugin-abi/include/seg_plugin.h");

impl Lang {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::C => "c",
        }
    }
}

impl Kind {
    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Row => "row",
            Self::Batch => "batch",
            Self::Fitted => "fitted",
        }
    }

    fn rust(self) -> &'static str {
        match self {
            Self::Row => include_str!("../templates/rust/row.rs.j2"),
            Self::Batch => include_str!("../templates/rust/batch.rs.j2"),
            Self::Fitted => include_str!("../templates/rust/fitted.rs.j2"),
        }
    }

    /// The C template looks at one column whatever the kind.
    fn cases(self, lang: Lang) -> &'static [Source] {
        match (self, lang) {
            (Self::Fitted, _) => &[
                ("cases/halves.toml", include_str!("../templates/shared/fitted_case.toml.j2")),
                ("cases/nobody.toml", include_str!("../templates/shared/fitted_error.toml.j2")),
            ],
            (Self::Batch, Lang::Rust) => {
                &[("cases/baskets.toml", include_str!("../templates/shared/batch_case.toml.j2"))]
            }
            _ => &[
                ("cases/threshold.toml", include_str!("../templates/shared/row_case.toml.j2")),
                ("cases/below_zero.toml", include_str!("../templates/shared/row_error.toml.j2")),
            ],
        }
    }

    fn what(self, lang: Lang) -> &'static str {
        match (self, lang) {
            (Self::Fitted, Lang::Rust) => {
                "It learns where tenths of the customers start, and labels each with its tenth."
            }
            (Self::Fitted, Lang::C) => "It learns the mean revenue, and labels customers above and below it.",
            (Self::Batch, Lang::Rust) => "It labels baskets as small, medium or large, and gives their size.",
            _ => "It labels customers whose revenue reaches a threshold.",
        }
    }
}

impl Sdk {
    /// Values for the SDK and the checks in `Cargo.toml`.
    fn dependencies(&self) -> (String, String) {
        match self {
            Self::Path(sdk) => {
                let check = sdk.parent().unwrap_or(sdk).join("segmenta-plugin-check");
                let entry = |path: &Path| format!("{{ path = {} }}", toml_text(&path.display().to_string()));
                (entry(sdk), entry(&check))
            }
            Self::Git(repository) => {
                let entry = format!("{{ git = {} }}", toml_text(repository));
                (entry.clone(), entry)
            }
            Self::Placeholder => {
                let entry = "{ git = \"REPOSITORY\" } # see README.md".to_owned();
                (entry.clone(), entry)
            }
        }
    }
}

/// Writes the project of a new plugin called `name` into `folder`, which must not be there yet or be
/// empty. Gives the files, relative to it, in the order they were written.
///
/// # Errors
/// [`Error::Name`], [`Error::Exists`], [`Error::File`].
pub fn new(name: &str, lang: Lang, kind: Kind, sdk: &Sdk, folder: &Path) -> Result<Vec<PathBuf>> {
    if !is_name(name) {
        return Err(Error::Name { name: name.to_owned() });
    }
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(Error::Exists { path: folder.to_owned() });
    }
    let files = rendered(name, lang, kind, sdk);
    for (path, text) in &files {
        let path = folder.join(path);
        let parent = path.parent().expect("the path starts with the folder");
        fs::create_dir_all(parent).map_err(Error::written(parent))?;
        fs::write(&path, text).map_err(Error::written(&path))?;
    }
    Ok(files.into_iter().map(|(path, _)| path).collect())
}

/// The files of a project with their text.
fn rendered(name: &str, lang: Lang, kind: Kind, sdk: &Sdk) -> Vec<(PathBuf, String)> {
    let sources: Vec<Source> = match lang {
        Lang::Rust => [&[("src/lib.rs", kind.rust())][..], &RUST, kind.cases(lang), &SHARED].concat(),
        Lang::C => [&[("NAME.c", C_SOURCE)][..], &C, kind.cases(lang), &SHARED].concat(),
    };
    let (sdk_entry, check_entry) = sdk.dependencies();
    let library = library(name, lang);
    let fitted = kind == Kind::Fitted;
    let values = context! {
        name, sdk => sdk_entry, check => check_entry, library, fitted,
        lang => lang.name(),
        kind => kind.name(),
        library_folder => if lang == Lang::Rust { "target/release" } else { "." },
        inputs => if kind == Kind::Batch && lang == Lang::Rust { "revenue and orders" } else { "revenue" },
        source => if lang == Lang::Rust { "src/lib.rs".to_owned() } else { format!("{name}.c") },
        what => kind.what(lang),
        summary => if fitted { "Customers above and below the mean revenue." } else { "Customers whose revenue reaches a threshold." },
        describe_kind => if fitted { "fitted" } else { "plain" },
        placeholder => lang == Lang::Rust && *sdk == Sdk::Placeholder,
        commands => commands(name, lang),
    };
    let environment = environment();
    let render = |(path, template): Source| {
        let text = environment.render_str(template, &values).expect("the templates of this crate are valid");
        (PathBuf::from(path.replace("NAME", name)), text.trim_end().to_owned() + "\n")
    };
    let mut files: Vec<_> = sources.into_iter().map(render).collect();
    if lang == Lang::C {
        files.push(("seg_plugin.h".into(), HEADER.to_owned()));
    }
    files
}

/// The library that a build leaves, relative to the project.
fn library(name: &str, lang: Lang) -> String {
    match lang {
        Lang::Rust => format!("target/release/lib{name}.so"),
        Lang::C => format!("lib{name}.so"),
    }
}

/// What an author types after `new`, inside the project.
fn commands(name: &str, lang: Lang) -> Vec<String> {
    let (build, folder) = match lang {
        Lang::Rust => ("cargo build --release", "target/release"),
        Lang::C => ("make", "."),
    };
    let library = library(name, lang);
    vec![
        build.to_owned(),
        format!("segmenta plugins check {library} --rows fixture.csv"),
        format!("segmenta plugins test {library} cases"),
        format!("segmenta run pipeline.toml --as-of 2026-06-01 --plugin-dir {folder}"),
    ]
}

fn environment() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    environment
}

/// Text in quotes, as TOML takes it.
fn toml_text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn is_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() < 64
        && name.bytes().all(allowed)
        && !KEYWORDS.contains(&name)
}

/// Words that cannot be the name of a Rust function or crate.
const KEYWORDS: [&str; 20] = [
    "as", "async", "const", "crate", "else", "enum", "fn", "for", "if", "impl", "in", "let", "match", "mod", "pub",
    "self", "test", "type", "use", "while",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines with code on them.
    fn code_lines(text: &str) -> usize {
        let is_code = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        text.lines().filter(is_code).count()
    }

    fn source(kind: Kind) -> String {
        let files = rendered("vip", Lang::Rust, kind, &Sdk::Placeholder);
        files.into_iter().find(|(path, _)| path.ends_with("lib.rs")).unwrap().1
    }

    #[test]
    fn a_row_rule_has_12_lines_and_a_fitted_criterion_60_without_unsafe() {
        let (row, fitted) = (source(Kind::Row), source(Kind::Fitted));
        assert!(code_lines(&row) <= 12, "{} lines:\n{row}", code_lines(&row));
        assert!(code_lines(&fitted) <= 60, "{} lines:\n{fitted}", code_lines(&fitted));
        for text in [row, fitted, source(Kind::Batch)] {
            assert!(text.contains("#![deny(unsafe_code)]"));
            assert!(!text.replace("#![deny(unsafe_code)]", "").contains("unsafe"), "{text}");
        }
    }

    #[test]
    fn a_folder_in_use_and_a_name_that_is_none_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["", "9a", "A", "a-b", "fn", "a b", "../a"] {
            let refused = new(name, Lang::C, Kind::Row, &Sdk::Placeholder, folder.path());
            assert!(matches!(refused, Err(Error::Name { .. })), "{name}");
        }
        new("vip", Lang::C, Kind::Row, &Sdk::Placeholder, folder.path()).unwrap();
        let refused = new("vip", Lang::C, Kind::Row, &Sdk::Placeholder, folder.path());
        assert!(matches!(refused, Err(Error::Exists { .. })));
    }

    #[test]
    fn nothing_names_the_machine_it_was_written_on() {
        for lang in [Lang::Rust, Lang::C] {
            for kind in [Kind::Row, Kind::Batch, Kind::Fitted] {
                for (path, text) in rendered("vip", lang, kind, &Sdk::Placeholder) {
                    assert!(!text.contains(env!("CARGO_MANIFEST_DIR")), "{}", path.display());
                    assert!(!text.contains("{{") && !text.contains("{%"), "{}", path.display());
                }
            }
        }
    }
}
