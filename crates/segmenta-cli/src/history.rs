//! From what the user names to a store and a run in it.

use std::path::{Path, PathBuf};

use segmenta_monitor::RunFacts;
use segmenta_store::{History, RunRecord};

use crate::arguments::Target;
use crate::error::{Error, Result};
use crate::pipeline_file::PipelineFile;
use crate::plugins;
use crate::program::Program;

/// Fewest characters of a run id that may stand for it.
const SHORTEST: usize = 4;

/// The directory that a target publishes to: itself, or what its pipeline file says.
///
/// # Errors
/// The file cannot be read or has mistakes.
pub(crate) fn root(program: &mut Program<'_>, target: &Target) -> Result<PathBuf> {
    let path = program.path(&target.pipeline);
    if path.is_dir() {
        return Ok(path);
    }
    let file = PipelineFile::open(program, &target.pipeline)?;
    let registry = plugins::registry_of(program, &target.reading, &file)?;
    Ok(file.pipeline(program, &target.reading, &registry)?.outputs.path)
}

/// The run whose id is given, in full or by its beginning.
///
/// # Errors
/// [`Error::NoRun`], [`Error::ManyRuns`].
pub(crate) fn run(history: &History, given: &str) -> Result<RunRecord> {
    let runs = history.runs()?;
    if let Some(exact) = runs.iter().find(|run| run.run_id == given) {
        return Ok(exact.clone());
    }
    let begin: Vec<_> =
        runs.into_iter().filter(|run| given.len() >= SHORTEST && run.run_id.starts_with(given)).collect();
    match <[RunRecord; 1]>::try_from(begin) {
        Ok([run]) => Ok(run),
        Err(none) if none.is_empty() => Err(Error::NoRun { run: given.to_owned() }),
        Err(many) => {
            let runs = many.into_iter().map(|run| run.run_id).collect();
            Err(Error::ManyRuns { run: given.to_owned(), runs })
        }
    }
}

/// Where the files of a run lie, published or held.
///
/// # Errors
/// [`Error::NothingPublished`] when the run left no files.
pub(crate) fn files(history: &History, given: Option<&str>) -> Result<RunFiles> {
    let nothing = || Error::NothingPublished { root: history.root().to_owned() };
    let commit = match given {
        None => history.current()?,
        Some(given) => {
            let run_id = run(history, given)?.run_id;
            if let Some(held) = history.held()?.into_iter().find(|held| held.run_id == run_id) {
                return Ok(RunFiles { directory: history.held_directory(&held), files: listed(&held.files) });
            }
            history.find_run(&run_id)?
        }
    };
    let commit = commit.ok_or_else(nothing)?;
    Ok(RunFiles { directory: history.directory(&commit), files: listed(&commit.files) })
}

/// The files of one run.
#[derive(Debug)]
pub(crate) struct RunFiles {
    directory: PathBuf,
    files: Vec<Listed>,
}

#[derive(Debug)]
struct Listed {
    path: String,
    dataset: String,
}

fn listed(files: &[segmenta_store::FileEntry]) -> Vec<Listed> {
    let tables = files.iter().filter(|file| file.rows.is_some());
    tables.map(|file| Listed { path: file.path.clone(), dataset: file.dataset.clone() }).collect()
}

impl RunFiles {
    /// The Parquet files of a dataset, or of one table of it: `segments`, `segments/value`, `drift/psi`.
    ///
    /// # Errors
    /// [`Error::NoDataset`]; [`Error::ManyTables`] when its tables have different columns.
    pub(crate) fn tables(&self, dataset: &str) -> Result<Vec<PathBuf>> {
        let name = |file: &Listed| file.path.strip_suffix(".parquet").unwrap_or(&file.path).to_owned();
        let one: Vec<_> = self.files.iter().filter(|file| name(file) == dataset).collect();
        if !one.is_empty() {
            return Ok(self.paths(&one));
        }
        let all: Vec<_> = self.files.iter().filter(|file| file.dataset == dataset).collect();
        // Every scheme's segments have the same columns; each table of `drift` has its own.
        if all.len() > 1 && dataset == "drift" {
            let tables = all.into_iter().map(name).collect();
            return Err(Error::ManyTables { dataset: dataset.to_owned(), tables });
        }
        if all.is_empty() {
            return Err(Error::NoDataset { dataset: dataset.to_owned(), known: self.datasets() });
        }
        Ok(self.paths(&all))
    }

    /// What the run knows about itself.
    ///
    /// # Errors
    /// [`Error::NoDataset`] for a run of a program that did not keep it.
    pub(crate) fn facts(&self) -> Result<RunFacts> {
        let facts = segmenta_engine::run_facts(&self.directory)?;
        facts.ok_or_else(|| Error::NoDataset { dataset: "monitor".to_owned(), known: self.datasets() })
    }

    /// Path of the report's page.
    ///
    /// # Errors
    /// [`Error::NoDataset`] when the run wrote none.
    pub(crate) fn report(&self) -> Result<PathBuf> {
        let page = self.directory.join("report.html");
        let missing = || Error::NoDataset { dataset: "report".to_owned(), known: self.datasets() };
        Some(page).filter(|page| page.is_file()).ok_or_else(missing)
    }

    fn paths(&self, files: &[&Listed]) -> Vec<PathBuf> {
        files.iter().map(|file| self.directory.join(Path::new(&file.path))).collect()
    }

    fn datasets(&self) -> Vec<String> {
        let mut datasets: Vec<String> = self.files.iter().map(|file| file.dataset.clone()).collect();
        datasets.sort_unstable();
        datasets.dedup();
        datasets
    }
}
