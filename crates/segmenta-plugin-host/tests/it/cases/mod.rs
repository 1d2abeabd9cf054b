//! Libraries that do one thing wrong each: what they do, what must come of it, and how they are built.
//!
//! [`CASES`] names every case that `tests/fixtures/hostile.c` knows; [`rows::ROWS`] is the account of the
//! hard cases of the plugin contract. Both modes run the same cases.

mod apart;
pub(crate) mod build;
pub(crate) mod rows;
mod table;

pub(crate) use table::CASES;

/// All cases, with what must come of them in the runner's own process.
pub(crate) fn all() -> impl Iterator<Item = &'static Case> {
    CASES.iter().chain(apart::HERE)
}

/// One library and what must come of it in the runner's own process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    /// Row of the contract's list.
    pub(crate) row: &'static str,
    /// `CASE` of the fixture.
    pub(crate) name: &'static str,
    /// Further flags for the compiler.
    pub(crate) flags: &'static [&'static str],
    /// How far it is taken.
    pub(crate) step: Step,
    /// What must come of it.
    pub(crate) expect: Expect,
}

/// How far a library is taken; each step includes those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Loaded.
    Load,
    /// Loaded with 20 ms for it, changes to the process refused.
    LoadStrictly,
    /// Bound.
    Bind,
    /// Bound with 50 ms and 64 MiB for each call.
    BindLimited,
    /// Applied to three rows, 1, 12 and 23.
    Apply,
    /// Applied with 50 ms and 2 MiB for each call.
    ApplyLimited,
    /// Applied while standard output is captured.
    ApplyCaptured,
    /// Applied to rows 3 to 5 of eight.
    ApplySliced,
    /// Applied to 100 batches of 100 rows of partition 3.
    ApplyMany,
    /// Applied by eight threads, through two instances.
    ApplyParallel,
    /// Asked for reasons.
    Explain,
    /// Fitted on 40 leaves by eight threads, its model described and applied.
    Fit,
}

/// What must come of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expect {
    /// Rows with the scores 1, 12 and 23.
    Works,
    /// Rows with other scores.
    WorksOtherwise,
    /// An error of this code.
    Code(&'static str),
    /// The process ends, its report names the plugin and has this text, and its exit code is not 0.
    Dies(&'static str),
}

impl Case {
    const fn new(row: &'static str, name: &'static str, step: Step, expect: Expect) -> Self {
        Self { row, name, flags: &[], step, expect }
    }

    /// Whether the library must be refused before any of its code runs.
    pub(crate) fn runs_nothing(&self) -> bool {
        const BEFORE: [&str; 9] = [
            "no-note",
            "bad-note",
            "abi-too-new",
            "abi-too-old",
            "no-entry",
            "exec-stack",
            "text-relocations",
            "cpu",
            "dlopen",
        ];
        matches!(self.expect, Expect::Code(code) if BEFORE.contains(&code))
    }

    const fn with(self, flags: &'static [&'static str]) -> Self {
        Self { flags, ..self }
    }
}
