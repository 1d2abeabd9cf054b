//! What the program takes from outside besides arguments and files.

use std::collections::BTreeMap;
use std::fmt;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use segmenta_plugin_check::Child;
use segmenta_plugin_host::process::Launcher;

/// Working directory, variables, clock and terminals.
#[derive(Clone)]
pub struct Environment {
    /// Relative paths are resolved against it.
    pub directory: PathBuf,
    /// Environment variables; those that are not UTF-8 are left out.
    pub variables: BTreeMap<String, String>,
    /// The clock.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Whether somebody looks at the standard output.
    pub stdout_is_terminal: bool,
    /// Whether somebody looks at the standard error.
    pub stderr_is_terminal: bool,
    /// How this program is started again to carry a plugin.
    pub plugin_host: Launcher,
    /// How this program is started again to look at a library.
    pub plugin_check: Child,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        let variable = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self {
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
            variables: std::env::vars_os().filter_map(variable).collect(),
            now: Arc::new(Timestamp::now),
            stdout_is_terminal: std::io::stdout().is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            plugin_host: Launcher::default(),
            plugin_check: Child { program: "/proc/self/exe".into(), arguments: vec!["plugin-check".into()] },
        }
    }

    /// A variable that is set and not empty.
    pub(crate) fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// The program that opens pages: `BROWSER`, else the system's.
    pub(crate) fn opener(&self) -> String {
        let system = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
        self.variable("BROWSER").unwrap_or(system).to_owned()
    }

    /// Who is at work, for decisions that are recorded.
    pub(crate) fn user(&self) -> &str {
        self.variable("USER").or_else(|| self.variable("LOGNAME")).unwrap_or("unknown")
    }
}

impl fmt::Debug for Environment {
    /// Without the variables: they hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("directory", &self.directory).finish_non_exhaustive()
    }
}
