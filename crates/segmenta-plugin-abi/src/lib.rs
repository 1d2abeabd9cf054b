//! The C contract between the runner and criteria plugins, as Rust sees it.
//!
//! `include/seg_plugin.h` is the contract and explains every member; the types here mirror it and
//! their sizes and offsets are asserted when this crate is compiled. There is no behaviour here
//! beyond ownership of a [`SegBuf`]: checks of a plugin are the host's, conveniences are the SDK's.
#![warn(missing_docs)]

/// Fails the build unless a struct has this size and each member its offset, as the header has them on
/// every 64-bit target.
macro_rules! assert_layout {
    ($name:ty, $size:literal, [$($member:ident = $offset:literal),+ $(,)?]) => {
        const _: () = {
            assert!(std::mem::size_of::<$name>() == $size);
            $(assert!(std::mem::offset_of!($name, $member) == $offset);)+
        };
    };
}

pub mod arrow;
pub mod host;
pub mod note;
pub mod release;
pub mod status;
pub mod table;
pub mod value;

pub use arrow::{ArrowArray, ArrowSchema};
pub use host::{NO_PARTITION, SegCall, SegHost};
pub use note::{Linked, NOTE_MAGIC, SegAbiNote};
pub use status::SegStatus;
pub use table::{EntryFn, SegFit, SegInstance, SegModel, SegPlugin};
pub use value::{SegBuf, SegBytes, SegError, SegStr};

/// First part of the ABI version; another one means another entry symbol.
pub const ABI_MAJOR: u32 = 1;
/// Second part of the ABI version; a larger one only adds.
pub const ABI_MINOR: u32 = 0;
/// Both parts in one number, as the structs carry it.
pub const ABI_VERSION: u32 = (ABI_MAJOR << 16) | ABI_MINOR;
/// The first version: a library that uses nothing newer asks for it.
pub const ABI_1_0: u32 = 1 << 16;
/// What the symbol of an entry function starts with; the plugin's name follows.
pub const ENTRY_PREFIX: &str = "seg_plugin_entry_v1_";
/// What the symbol of a note starts with; the plugin's name follows.
pub const NOTE_PREFIX: &str = "seg_plugin_abi_note_";
/// Target triple of this build.
pub const TARGET: &str = env!("SEG_TARGET");
/// Processor features beyond the target's baseline that this build assumes, comma-separated.
pub const CPU: &str = env!("SEG_CPU");
