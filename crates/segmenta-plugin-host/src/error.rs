//! Why a plugin cannot be used, or failed at its work.

use std::io;
use std::ops::Range;
use std::path::PathBuf;

mod code;
mod hint;
mod parts;

use parts::rows_text;
pub use parts::{Document, Failure, ParamProblem};

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong between a pipeline and a plugin; [`Error::code`] is stable.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or directory cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Read {
        /// What was read.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("`{}` cannot be written", .path.display())]
    Write {
        /// What was to be written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// No library and no manifest is where the pipeline says.
    #[error("no plugin `{name}` was found")]
    NotFound {
        /// The name or path asked for.
        name: String,
        /// Every place that was looked at, in order.
        tried: Vec<PathBuf>,
    },
    /// A manifest, lock or policy cannot be used.
    #[error("the {document} `{}` is unusable: {problem}", .path.display())]
    BadDocument {
        /// Which of them.
        document: Document,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// The library is another than the one that was written down.
    #[error("plugin {plugin} has digest {found}, {expected} was written down")]
    PinMismatch {
        /// The file, or the name of the plugin.
        plugin: String,
        /// The digest in the pipeline, manifest or lock, or why there is none for this platform.
        expected: String,
        /// The digest of the file.
        found: String,
    },
    /// The operator's policy does not let the library run like this.
    #[error("plugin {plugin} is not allowed: {problem}")]
    NotAllowed {
        /// The file, or the name of the plugin.
        plugin: String,
        /// What the policy wants.
        problem: String,
    },
    /// The file is no shared library of this kind of system.
    #[error("`{}` is not a plugin library: {problem}", .path.display())]
    NotALibrary {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        problem: String,
    },
    /// The library was built for another machine or system.
    #[error("`{}` was built for {found}, this program for {expected}", .path.display())]
    WrongMachine {
        /// The file.
        path: PathBuf,
        /// Machine or target of the library.
        found: String,
        /// Machine or target of this program.
        expected: String,
    },
    /// The library does not say that it is a plugin.
    #[error("`{}` has no plugin note", .path.display())]
    NoNote {
        /// The file.
        path: PathBuf,
    },
    /// The plugin's note cannot be read or contradicts itself.
    #[error("the note of plugin {plugin} is unusable: {problem}")]
    BadNote {
        /// The file, or the name of a plugin that is linked in.
        plugin: String,
        /// What is wrong.
        problem: String,
    },
    /// The plugin needs a newer program.
    #[error("plugin {plugin} needs plugin ABI {}, this program speaks {}", version(.found), version(.expected))]
    AbiTooNew {
        /// The file, or the name of a plugin that is linked in.
        plugin: String,
        /// The ABI it needs.
        found: u32,
        /// The ABI of this program.
        expected: u32,
    },
    /// The plugin was built for an ABI that is no longer spoken.
    #[error("plugin {plugin} was built for plugin ABI {}, this program speaks {}", version(.found), version(.expected))]
    AbiTooOld {
        /// The file, or the name of a plugin that is linked in.
        plugin: String,
        /// The ABI it was built for.
        found: u32,
        /// The ABI of this program.
        expected: u32,
    },
    /// The library needs a newer C library.
    #[error("`{}` needs glibc {needed}, this system has {found}", .path.display())]
    NeedsGlibc {
        /// The file.
        path: PathBuf,
        /// The highest version it asks for.
        needed: String,
        /// The version that runs.
        found: String,
    },
    /// The library wants a stack that can be executed.
    #[error("`{}` asks for an executable stack", .path.display())]
    ExecutableStack {
        /// The file.
        path: PathBuf,
    },
    /// The library wants its own code to be changed while it is loaded.
    #[error("`{}` has relocations in its code", .path.display())]
    TextRelocations {
        /// The file.
        path: PathBuf,
    },
    /// The plugin needs processor features that this machine does not have.
    #[error("plugin {plugin} needs processor features that are missing: {}", .missing.join(", "))]
    Cpu {
        /// The file, or the name of a plugin that is linked in.
        plugin: String,
        /// Names of the features.
        missing: Vec<String>,
    },
    /// The plugin refuses to share a process.
    #[error("plugin {plugin} must run in a process of its own")]
    ProcessOnly {
        /// The file, or the name of a plugin that is linked in.
        plugin: String,
    },
    /// The dynamic linker refuses the library.
    #[error("`{}` cannot be loaded: {problem}", .path.display())]
    Dlopen {
        /// The file.
        path: PathBuf,
        /// The linker's own words.
        problem: String,
    },
    /// Loading the library changed the process. The change was taken back.
    #[error("loading `{}` changed the {what} of the process", .path.display())]
    SideEffect {
        /// The file.
        path: PathBuf,
        /// What was changed.
        what: &'static str,
    },
    /// The library has no entry function of this ABI.
    #[error("`{}` has no entry function `{expected}`", .path.display())]
    NoEntry {
        /// The file.
        path: PathBuf,
        /// The symbol looked for.
        expected: String,
        /// Entry functions of other ABIs that it has.
        found: Vec<String>,
    },
    /// The entry function gave no table.
    #[error("plugin {plugin} refused to start: {problem}")]
    EntryFailed {
        /// Name of the plugin.
        plugin: String,
        /// What it said.
        problem: String,
    },
    /// The plugin's table breaks the contract.
    #[error("the function table of plugin {plugin} is unusable: {problem}")]
    BadTable {
        /// Name of the plugin.
        plugin: String,
        /// What is wrong.
        problem: String,
    },
    /// The plugin's description of itself breaks the contract.
    #[error("plugin {plugin} describes itself wrongly: {problem}")]
    BadDescribe {
        /// Name of the plugin.
        plugin: String,
        /// What is wrong.
        problem: String,
    },
    /// Two builds of one plugin.
    #[error("plugin `{plugin}` is there twice: {first} and {second}")]
    DuplicatePlugin {
        /// Name of both.
        plugin: String,
        /// Where the first came from.
        first: String,
        /// Where the second came from.
        second: String,
    },
    /// Two plugins offer one criterion.
    #[error("criterion `{criterion}` is offered by plugin `{first}` and by plugin `{second}`")]
    DuplicateCriterion {
        /// Name of the criterion.
        criterion: String,
        /// The first plugin.
        first: String,
        /// The second plugin.
        second: String,
    },
    /// No plugin offers the criterion.
    #[error("no plugin offers criterion `{criterion}`")]
    UnknownCriterion {
        /// The name asked for.
        criterion: String,
        /// All names there are, sorted.
        known: Vec<String>,
    },
    /// Options of the criterion are wrong.
    #[error("options of criterion `{criterion}`: {}", list(.problems))]
    Params {
        /// Name of the criterion.
        criterion: String,
        /// Everything that is wrong with them, at least one entry.
        problems: Vec<ParamProblem>,
    },
    /// A column bound to an input does not fit.
    #[error("input `{input}` of criterion `{criterion}` {problem}")]
    Input {
        /// Name of the criterion.
        criterion: String,
        /// The criterion's name of the input.
        input: String,
        /// What is wrong.
        problem: String,
    },
    /// An input that takes no nulls got some.
    #[error(
        "input `{input}` of criterion `{criterion}` takes no nulls, column `{column}` has {count}, the first in row {first_row}"
    )]
    Nulls {
        /// Name of the criterion.
        criterion: String,
        /// The criterion's name of the input.
        input: String,
        /// The pipeline's name of the column.
        column: String,
        /// Row within the batch, counted from 0.
        first_row: usize,
        /// Nulls in the batch.
        count: usize,
    },
    /// The criterion says that its results are not the same twice, and nobody allowed that.
    #[error("criterion `{criterion}` gives other results each time")]
    NotRepeatable {
        /// Name of the criterion.
        criterion: String,
    },
    /// The plugin bound the criterion to outputs that break the contract.
    #[error("criterion `{criterion}` was bound wrongly by its plugin: {problem}")]
    BadBind {
        /// Name of the criterion.
        criterion: String,
        /// What is wrong.
        problem: String,
    },
    /// A call into the plugin failed.
    #[error(transparent)]
    Plugin(Box<Failure>),
    /// The plugin answered with a status that the call does not allow.
    #[error("criterion `{criterion}` of plugin `{plugin}` answered `{call}` wrongly: {problem}")]
    BadStatus {
        /// Name of the plugin.
        plugin: String,
        /// Name of the criterion.
        criterion: String,
        /// Member of the function table.
        call: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// The process that a plugin ran in came to an end.
    #[error(
        "criterion `{criterion}` of plugin `{plugin}` crashed in `{call}`{}: {how}", rows_text(.rows.as_ref())
    )]
    Crashed {
        /// Name of the plugin.
        plugin: String,
        /// Name of the criterion; empty outside of a criterion's calls.
        criterion: String,
        /// Member of the function table.
        call: &'static str,
        /// The rows it was working on.
        rows: Option<Range<u64>>,
        /// Signal or exit code.
        how: String,
    },
    /// There is no process for a plugin: none can be started, or there is no memory to share with it.
    #[error("plugin `{plugin}` has no process of its own: {problem}")]
    NoProcess {
        /// Name of the plugin.
        plugin: String,
        /// What the system says.
        problem: String,
    },
    /// The process that a plugin runs in does not speak as it should.
    #[error("the process of plugin `{plugin}` broke the protocol: {problem}")]
    Protocol {
        /// Name of the plugin.
        plugin: String,
        /// What is wrong.
        problem: String,
    },
    /// The plugin gave back rows that break the contract.
    #[error("criterion `{criterion}` gave back unusable rows: {problem}")]
    BadOutput {
        /// Name of the criterion.
        criterion: String,
        /// What is wrong, with the column's name.
        problem: String,
    },
    /// Bytes of a plugin are larger than is allowed.
    #[error("the {what} of {owner} has {bytes} bytes, {limit} are allowed")]
    TooLarge {
        /// Name of the criterion or plugin.
        owner: String,
        /// What the bytes are.
        what: &'static str,
        /// How many there are.
        bytes: u64,
        /// How many there may be.
        limit: u64,
    },
    /// The fit never came to an end.
    #[error("the fit of criterion `{criterion}` is not finished after {passes} passes")]
    TooManyPasses {
        /// Name of the criterion.
        criterion: String,
        /// Passes that were made.
        passes: u32,
    },
    /// A fit or a model was asked of a criterion that has none, or rows without the model it needs.
    #[error("criterion `{criterion}` {problem}")]
    WrongKind {
        /// Name of the criterion.
        criterion: String,
        /// What is missing or too much.
        problem: &'static str,
    },
    /// A stored model cannot be read.
    #[error("the stored model is unreadable: {problem}")]
    Envelope {
        /// What is wrong with the bytes.
        problem: String,
    },
    /// A stored model was made for something else.
    #[error("the stored model does not fit criterion `{criterion}`: its {what} differs")]
    ModelMismatch {
        /// Name of the criterion.
        criterion: String,
        /// What differs.
        what: &'static str,
    },
}

/// `1.0` of the number that the structs carry.
fn version(abi: &u32) -> String {
    format!("{}.{}", abi >> 16, abi & 0xffff)
}

fn list(problems: &[ParamProblem]) -> String {
    let show = |problem: &ParamProblem| match problem.pointer.as_str() {
        "" => problem.problem.clone(),
        pointer => format!("`{}` {}", pointer.trim_start_matches('/'), problem.problem),
    };
    problems.iter().map(show).collect::<Vec<_>>().join("; ")
}
