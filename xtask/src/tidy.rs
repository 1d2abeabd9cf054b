//! `cargo xtask tidy`: fails when a crate depends on something it should not know.

use std::process::Command;

use serde::Deserialize;

use crate::error::Error;
use crate::workspace;

/// What each crate of the workspace may depend on within it. A new edge is a decision: it goes into
/// ARCHITECTURE.md and here.
const EDGES: [(&str, &[&str]); 15] = [
    ("segmenta-plugin-abi", &[]),
    ("segmenta-plugin-macros", &[]),
    ("segmenta-plugin-sdk", &["segmenta-plugin-abi", "segmenta-plugin-macros"]),
    ("segmenta-plugin-host", &["segmenta-plugin-abi", "segmenta-plugin-sdk"]),
    ("segmenta-plugin-check", &["segmenta-plugin-abi", "segmenta-plugin-host", "segmenta-plugin-sdk"]),
    ("segmenta-pipeline", &[]),
    ("segmenta-stats", &[]),
    ("segmenta-monitor", &["segmenta-stats"]),
    ("segmenta-store", &[]),
    ("segmenta-ingest", &["segmenta-pipeline"]),
    ("segmenta-report", &["segmenta-monitor"]),
    (
        "segmenta-engine",
        &[
            "segmenta-ingest",
            "segmenta-monitor",
            "segmenta-pipeline",
            "segmenta-plugin-host",
            "segmenta-report",
            "segmenta-stats",
            "segmenta-store",
        ],
    ),
    (
        "segmenta-cli",
        &[
            "segmenta-engine",
            "segmenta-ingest",
            "segmenta-monitor",
            "segmenta-pipeline",
            "segmenta-plugin-check",
            "segmenta-plugin-host",
            "segmenta-report",
            "segmenta-store",
            PLUGINS,
        ],
    ),
    ("segmenta-tests", &["segmenta-cli"]),
    ("xtask", &[]),
];

/// Stands for every crate below `plugins/`.
const PLUGINS: &str = "plugins/*";
/// What a plugin may depend on: the kit is enough for an author.
const PLUGIN_EDGES: &[&str] = &["segmenta-plugin-sdk"];

/// Packages that only these crates may name, because knowing them is their reason to exist.
const HOLDERS: [(&str, &[&str]); 9] = [
    ("annotate-snippets", &["segmenta-cli"]),
    ("clap", &["segmenta-cli", "xtask"]),
    ("datafusion", &["segmenta-engine"]),
    ("indicatif", &["segmenta-cli"]),
    ("libloading", &["segmenta-plugin-host"]),
    ("minijinja", &["segmenta-plugin-check", "segmenta-report"]),
    ("sqlparser", &["segmenta-pipeline"]),
    ("tokio", &["segmenta-cli", "segmenta-engine"]),
    ("tracing-subscriber", &["segmenta-cli"]),
];

/// Crates that must not know Arrow: a file is checked, a figure computed and a run stored without it.
const WITHOUT_ARROW: [&str; 6] = [
    "segmenta-monitor",
    "segmenta-pipeline",
    "segmenta-plugin-abi",
    "segmenta-report",
    "segmenta-stats",
    "segmenta-store",
];

/// The part of `cargo metadata` that is looked at.
#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// Missing for an ordinary dependency, else `dev` or `build`.
    kind: Option<String>,
    /// Only dependencies within the workspace have one.
    path: Option<String>,
}

impl Package {
    fn is_plugin(&self) -> bool {
        self.manifest_path.replace('\\', "/").contains("/plugins/")
    }
}

/// Checks the dependencies of the whole workspace.
///
/// # Errors
/// [`Error::Tidy`] with every edge that is not in the tables, [`Error::Program`] when cargo fails.
pub(crate) fn check() -> Result<(), Error> {
    let problems = problems(&metadata()?);
    if problems.is_empty() { Ok(()) } else { Err(Error::Tidy { problems }) }
}

fn metadata() -> Result<Metadata, Error> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
        .current_dir(workspace::root())
        .output()
        .map_err(Error::start("cargo metadata"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Error::Program { program: "cargo metadata".to_owned(), status: output.status, message });
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|source| Error::Json { what: "the output of cargo metadata".to_owned(), source })
}

fn problems(metadata: &Metadata) -> Vec<String> {
    let plugins: Vec<&str> =
        metadata.packages.iter().filter(|package| package.is_plugin()).map(|package| package.name.as_str()).collect();
    metadata.packages.iter().flat_map(|package| problems_of(package, &plugins)).collect()
}

fn problems_of(package: &Package, plugins: &[&str]) -> Vec<String> {
    let name = &package.name;
    let allowed = if package.is_plugin() {
        PLUGIN_EDGES
    } else if let Some((_, edges)) = EDGES.iter().find(|(crate_name, _)| crate_name == name) {
        edges
    } else {
        return vec![format!("`{name}` is not in the table of crates")];
    };
    // Tests may use any crate: what a crate ships is what the table is about.
    let may_use = |other: &str, kind: Option<&str>| {
        kind == Some("dev") || allowed.contains(&other) || (allowed.contains(&PLUGINS) && plugins.contains(&other))
    };
    let mut problems = Vec::new();
    for dependency in &package.dependencies {
        let other = dependency.name.as_str();
        if dependency.path.is_some() && !may_use(other, dependency.kind.as_deref()) {
            problems.push(format!("`{name}` must not depend on `{other}`"));
        }
        if dependency.kind.is_none() {
            problems.extend(foreign_problem(name, other));
        }
    }
    problems
}

fn foreign_problem(name: &str, other: &str) -> Option<String> {
    if let Some((_, holders)) = HOLDERS.iter().find(|(package, _)| *package == other)
        && !holders.contains(&name)
    {
        return Some(format!("`{name}` must not know `{other}`, only {} may", holders.join(" and ")));
    }
    let is_arrow = other == "arrow" || other.starts_with("arrow-") || other == "parquet";
    (is_arrow && WITHOUT_ARROW.contains(&name)).then(|| format!("`{name}` must not know Arrow (`{other}`)"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, directory: &str, dependencies: &[(&str, Option<&str>, bool)]) -> Package {
        let dependency = |&(name, kind, is_ours): &(&str, Option<&str>, bool)| Dependency {
            name: name.to_owned(),
            kind: kind.map(str::to_owned),
            path: is_ours.then(|| format!("/w/{name}")),
        };
        Package {
            name: name.to_owned(),
            manifest_path: format!("/w/{directory}/{name}/Cargo.toml"),
            dependencies: dependencies.iter().map(dependency).collect(),
        }
    }

    #[test]
    fn an_edge_of_the_table_is_fine_and_another_is_named() {
        let packages = vec![
            package("segmenta-ingest", "crates", &[("segmenta-pipeline", None, true)]),
            package("segmenta-stats", "crates", &[("segmenta-pipeline", None, true)]),
        ];
        assert_eq!(problems(&Metadata { packages }), ["`segmenta-stats` must not depend on `segmenta-pipeline`"]);
    }

    #[test]
    fn a_plugin_knows_the_kit_and_its_tests_the_host() {
        let good = [("segmenta-plugin-sdk", None, true), ("segmenta-plugin-host", Some("dev"), true)];
        let bad = [("segmenta-plugin-host", None, true)];
        let packages = vec![package("rfm", "plugins", &good), package("abc", "plugins", &bad)];
        assert_eq!(problems(&Metadata { packages }), ["`abc` must not depend on `segmenta-plugin-host`"]);
    }

    #[test]
    fn the_program_may_link_every_plugin() {
        let packages = vec![
            package("rfm", "plugins", &[]),
            package("segmenta-cli", "crates", &[("rfm", None, true)]),
            package("segmenta-engine", "crates", &[("rfm", None, true)]),
        ];
        assert_eq!(problems(&Metadata { packages }), ["`segmenta-engine` must not depend on `rfm`"]);
    }

    #[test]
    fn foreign_packages_stay_with_their_holders() {
        let packages = vec![
            package("segmenta-store", "crates", &[("parquet", None, false), ("datafusion", Some("dev"), false)]),
            package("segmenta-ingest", "crates", &[("datafusion", None, false)]),
        ];
        assert_eq!(
            problems(&Metadata { packages }),
            [
                "`segmenta-store` must not know Arrow (`parquet`)",
                "`segmenta-ingest` must not know `datafusion`, only segmenta-engine may",
            ]
        );
    }

    #[test]
    fn a_crate_without_a_row_is_named() {
        let packages = vec![package("segmenta-util", "crates", &[])];
        assert_eq!(problems(&Metadata { packages }), ["`segmenta-util` is not in the table of crates"]);
    }
}
