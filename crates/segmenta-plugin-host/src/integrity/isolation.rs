//! Whether a library runs in the runner's process or in one of its own.

use serde::Deserialize;

use super::{CheckLevel, InProcess, Policy};
use crate::{Error, Inspection, Result};

/// From here on a library may share the runner's process without being asked for.
const TRUSTED_LEVEL: CheckLevel = CheckLevel::Stress;

/// What the pipeline asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// The runner decides.
    #[default]
    Auto,
    /// The runner's process.
    InProcess,
    /// A process of its own.
    Process,
}

/// Where a library runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// In the runner's process.
    InProcess,
    /// In a process of its own.
    Process,
}

/// Why it runs there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The pipeline says so.
    Asked,
    /// The policy lets no library into the runner's process.
    Policy,
    /// The plugin says that it needs a process of its own.
    OwnWish,
    /// Go's runtime takes signals and threads.
    Go,
    /// Its thread-locals take room that other libraries may need.
    StaticTls,
    /// Nobody wrote down which build it is.
    NotLocked,
    /// It is locked, and was checked less than it takes.
    CheckedTo(Option<CheckLevel>),
    /// It is locked, and passed enough checks.
    Checked(CheckLevel),
}

/// What the choice depends on, beside wishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ModeFacts {
    /// Its note asks for a process of its own.
    pub process_only: bool,
    /// The Go toolchain built it.
    pub go_built: bool,
    /// It has thread-locals of the initial-exec kind.
    pub static_tls: bool,
    /// Whether its digest is locked for this platform and ABI.
    pub locked: bool,
    /// The level that the lock gives it.
    pub level: Option<CheckLevel>,
}

impl ModeFacts {
    /// Those of a file; whether it is locked is not in it.
    pub fn of(library: &Inspection) -> Self {
        Self {
            process_only: library.flags & segmenta_plugin_abi::table::PROCESS_ONLY != 0,
            go_built: library.facts.go_built,
            static_tls: library.facts.static_tls,
            ..Self::default()
        }
    }

    /// The first reason why the runner's process is not for it, wishes aside.
    fn needs_process(&self) -> Option<Reason> {
        if self.process_only {
            return Some(Reason::OwnWish);
        }
        self.go_built.then_some(Reason::Go)
    }

    fn is_checked(&self) -> bool {
        self.locked && self.level >= Some(TRUSTED_LEVEL)
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Asked => f.write_str("the pipeline asks for it"),
            Self::Policy => f.write_str("the policy lets no library into the runner's process"),
            Self::OwnWish => f.write_str("the plugin says that it needs a process of its own"),
            Self::Go => f.write_str("it was built with Go, whose runtime takes signals and threads"),
            Self::StaticTls => f.write_str("its thread-locals need room that is reserved at the start"),
            Self::NotLocked => f.write_str("it is not in `plugins.lock`"),
            Self::CheckedTo(None) => f.write_str("it is locked, but was not checked"),
            Self::CheckedTo(Some(level)) => write!(f, "it is locked, but was checked only to level `{level}`"),
            Self::Checked(level) => write!(f, "it is locked and passed `plugins check --level {level}`"),
        }
    }
}

/// The process that a library runs in, and why. `plugin` is how messages call it.
///
/// Left alone, only libraries that are locked at level `stress` or above for this platform and ABI share
/// the runner's process, and of those neither Go's nor the ones that need static thread-locals.
///
/// # Errors
/// [`Error::ProcessOnly`] if the runner's process is asked for and the library cannot live there,
/// [`Error::NotAllowed`] if the policy is against it.
pub fn choose_mode(plugin: &str, asked: Isolation, policy: &Policy, facts: &ModeFacts) -> Result<(Mode, Reason)> {
    match asked {
        Isolation::Process => Ok((Mode::Process, Reason::Asked)),
        Isolation::InProcess => forced(plugin, policy, facts),
        Isolation::Auto => Ok(automatic(policy, facts)),
    }
}

fn forced(plugin: &str, policy: &Policy, facts: &ModeFacts) -> Result<(Mode, Reason)> {
    let refused = |problem: &str| {
        Err(Error::NotAllowed { plugin: plugin.to_owned(), problem: format!("{problem} in the runner's process") })
    };
    if facts.needs_process().is_some() {
        return Err(Error::ProcessOnly { plugin: plugin.to_owned() });
    }
    match policy.in_process {
        InProcess::Never => refused("the policy lets no library run"),
        InProcess::Checked if !facts.is_checked() => {
            refused("the policy lets only libraries that are locked at level `stress` run")
        }
        _ => Ok((Mode::InProcess, Reason::Asked)),
    }
}

fn automatic(policy: &Policy, facts: &ModeFacts) -> (Mode, Reason) {
    let against = if policy.in_process == InProcess::Never {
        Some(Reason::Policy)
    } else if let Some(reason) = facts.needs_process() {
        Some(reason)
    } else if facts.static_tls {
        Some(Reason::StaticTls)
    } else if !facts.locked {
        Some(Reason::NotLocked)
    } else {
        None
    };
    match (against, facts.level) {
        (Some(reason), _) => (Mode::Process, reason),
        (None, Some(level)) if level >= TRUSTED_LEVEL => (Mode::InProcess, Reason::Checked(level)),
        (None, level) => (Mode::Process, Reason::CheckedTo(level)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRESS: ModeFacts = ModeFacts {
        process_only: false,
        go_built: false,
        static_tls: false,
        locked: true,
        level: Some(CheckLevel::Stress),
    };

    fn policy(in_process: InProcess) -> Policy {
        Policy { in_process, ..Policy::default() }
    }

    #[test]
    fn left_alone_only_locked_and_stressed_libraries_share_the_process() {
        let auto = |facts: ModeFacts| choose_mode("p", Isolation::Auto, &Policy::default(), &facts).unwrap();
        assert_eq!(auto(STRESS), (Mode::InProcess, Reason::Checked(CheckLevel::Stress)));
        let bench = ModeFacts { level: Some(CheckLevel::Bench), ..STRESS };
        assert_eq!(auto(bench).0, Mode::InProcess);
        let others = [
            (ModeFacts { locked: false, ..STRESS }, Reason::NotLocked),
            (ModeFacts { level: Some(CheckLevel::Fit), ..STRESS }, Reason::CheckedTo(Some(CheckLevel::Fit))),
            (ModeFacts { level: None, ..STRESS }, Reason::CheckedTo(None)),
            (ModeFacts { go_built: true, ..STRESS }, Reason::Go),
            (ModeFacts { process_only: true, ..STRESS }, Reason::OwnWish),
            (ModeFacts { static_tls: true, ..STRESS }, Reason::StaticTls),
        ];
        for (facts, reason) in others {
            assert_eq!(auto(facts), (Mode::Process, reason));
        }
    }

    #[test]
    fn the_pipeline_decides_within_the_policy() {
        let unlocked = ModeFacts { locked: false, level: None, ..STRESS };
        let asked = |asked, policy: &Policy, facts: &ModeFacts| {
            choose_mode("p", asked, policy, facts).map(|(mode, _)| mode).map_err(|error| error.code())
        };
        let any = policy(InProcess::Any);
        assert_eq!(asked(Isolation::Process, &any, &STRESS), Ok(Mode::Process));
        assert_eq!(asked(Isolation::InProcess, &any, &unlocked), Ok(Mode::InProcess));
        let checked = policy(InProcess::Checked);
        assert_eq!(asked(Isolation::InProcess, &checked, &unlocked), Err("not-allowed"));
        assert_eq!(asked(Isolation::InProcess, &checked, &STRESS), Ok(Mode::InProcess));
        let never = policy(InProcess::Never);
        assert_eq!(asked(Isolation::InProcess, &never, &STRESS), Err("not-allowed"));
        assert_eq!(asked(Isolation::Auto, &never, &STRESS), Ok(Mode::Process));
        let go = ModeFacts { go_built: true, ..STRESS };
        assert_eq!(asked(Isolation::InProcess, &any, &go), Err("process-only"));
    }
}
