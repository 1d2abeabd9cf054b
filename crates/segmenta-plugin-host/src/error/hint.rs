//! What the reader of an error can do about it.

use std::io;

use super::{Document, Error};

impl Error {
    /// What the reader can do about it, if there is something.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "the user who runs this program must be able to read the file"
            }
            Self::Read { .. } => "a plugin is a regular file of at most 1 GiB",
            Self::NotFound { tried, .. } => {
                let tried: Vec<String> = tried.iter().map(|path| format!("`{}`", path.display())).collect();
                return Some(format!("looked at {}", tried.join(", ")));
            }
            Self::BadDocument { document: Document::Lock, .. } => "write it again with `plugins lock`",
            Self::BadDocument { .. } => "docs/plugins has a complete example",
            Self::PinMismatch { .. } => "if the new library is wanted, write it down with `plugins lock`",
            Self::NotAllowed { .. } => "ask the operator of this machine; a pipeline cannot loosen the policy",
            Self::NotALibrary { .. } => "build it as a shared library: crate type `cdylib`, or `cc -shared`",
            Self::WrongMachine { .. } => "build the plugin on this kind of machine",
            Self::NoNote { .. } => "a plugin names its criteria in `export_plugin!`",
            Self::BadNote { .. } => "build the plugin again with the current SDK or header",
            Self::AbiTooNew { .. } => "use a newer version of this program",
            Self::AbiTooOld { .. } => "build the plugin again with the current SDK",
            Self::NeedsGlibc { .. } => "build the plugin on a system as old as this one",
            Self::ExecutableStack { .. } => "link it with `-z noexecstack`; assembler files need `.note.GNU-stack`",
            Self::TextRelocations { .. } => "compile all of it with `-fPIC`",
            Self::Cpu { .. } => "build the plugin without `target-cpu` or for an older processor",
            Self::ProcessOnly { .. } => "let it have one: `isolation = \"auto\"` or `\"process\"`",
            Self::Dlopen { problem, .. } => return Some(linker_hint(problem).to_owned()),
            Self::SideEffect { .. } => "build the plugin without `-ffast-math` and without work in constructors",
            Self::NoEntry { found, .. } if !found.is_empty() => {
                return Some(format!("it has {}, of another ABI", found.join(", ")));
            }
            Self::NoEntry { .. } => "export the entry function under the name that the plugin's note gives",
            Self::EntryFailed { .. } => "the plugin's author knows what it needs to start",
            Self::BadTable { .. } => "fill the table as `seg_plugin.h` says, `struct_size` with `sizeof`",
            Self::BadDescribe { .. } => "`plugins check` shows what is expected",
            Self::DuplicatePlugin { .. } => "keep one of the two builds",
            Self::Nulls { .. } => "fill the nulls in the pipeline, or leave those rows out",
            Self::NotRepeatable { .. } => {
                "`allow_nondeterministic = true` in its `[plugins]` table, if a run need not give the same tables again"
            }
            Self::TooManyPasses { .. } => "the plugin never said that it is done",
            Self::ModelMismatch { .. } => "fit the criterion again",
            Self::BadStatus { .. } => "only `poll` decides that a call is cancelled or out of time",
            Self::NoProcess { .. } => {
                "the system must let this program start itself again: `/proc`, processes, memory files"
            }
            Self::Crashed { .. } => "`plugins replay` makes the same call again",
            Self::Plugin(failure) => return failure.hint.clone(),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

/// What usually helps against an answer of the dynamic linker.
fn linker_hint(problem: &str) -> &'static str {
    if problem.contains("GLIBC") {
        "build the plugin on a system as old as this one"
    } else if problem.contains("static TLS") {
        "build the plugin without an allocator of its own and without `-ftls-model=initial-exec`"
    } else if problem.contains("undefined symbol") {
        "link the plugin with everything it calls, `-z defs` shows what is missing"
    } else if problem.contains("cannot open shared object file") {
        "install the library it needs, or link that one statically"
    } else {
        "`ldd -r` on the file shows what the linker misses"
    }
}
