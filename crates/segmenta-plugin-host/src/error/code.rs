//! Stable names of errors.

use super::{Document, Error};

impl Error {
    /// Stable name of the kind of error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Read { .. } => "read",
            Self::Write { .. } => "write",
            Self::NotFound { .. } => "not-found",
            Self::BadDocument { document: Document::Manifest, .. } => "bad-manifest",
            Self::BadDocument { document: Document::Lock, .. } => "bad-lock",
            Self::BadDocument { document: Document::Policy, .. } => "bad-policy",
            Self::PinMismatch { .. } => "pin-mismatch",
            Self::NotAllowed { .. } => "not-allowed",
            Self::NotALibrary { .. } => "not-a-library",
            Self::WrongMachine { .. } => "wrong-machine",
            Self::NoNote { .. } => "no-note",
            Self::BadNote { .. } => "bad-note",
            Self::AbiTooNew { .. } => "abi-too-new",
            Self::AbiTooOld { .. } => "abi-too-old",
            Self::NeedsGlibc { .. } => "needs-glibc",
            Self::ExecutableStack { .. } => "exec-stack",
            Self::TextRelocations { .. } => "text-relocations",
            Self::Cpu { .. } => "cpu",
            Self::ProcessOnly { .. } => "process-only",
            Self::Dlopen { .. } => "dlopen",
            Self::SideEffect { .. } => "side-effect",
            Self::NoEntry { .. } => "no-entry",
            Self::EntryFailed { .. } => "entry-failed",
            Self::BadTable { .. } => "bad-table",
            Self::BadDescribe { .. } => "bad-describe",
            Self::DuplicatePlugin { .. } => "duplicate-plugin",
            Self::DuplicateCriterion { .. } => "duplicate-criterion",
            Self::UnknownCriterion { .. } => "unknown-criterion",
            Self::Params { .. } => "params",
            Self::Input { .. } => "input",
            Self::Nulls { .. } => "nulls",
            Self::NotRepeatable { .. } => "not-repeatable",
            Self::BadBind { .. } => "bad-bind",
            Self::Plugin(failure) => failure.status.name(),
            Self::BadStatus { .. } => "bad-status",
            Self::Crashed { .. } => "crash",
            Self::NoProcess { .. } => "no-process",
            Self::Protocol { .. } => "protocol",
            Self::BadOutput { .. } => "bad-output",
            Self::TooLarge { .. } => "too-large",
            Self::TooManyPasses { .. } => "too-many-passes",
            Self::WrongKind { .. } => "wrong-kind",
            Self::Envelope { .. } => "bad-model",
            Self::ModelMismatch { .. } => "model-mismatch",
        }
    }
}
