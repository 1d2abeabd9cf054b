//! The C functions of a plugin, generic over its library; [`crate::export_plugin!`] puts them in a table.
#![expect(unsafe_code, reason = "the functions of the C table take and give raw pointers")]

mod fit;
mod guard;
mod instance;
mod model;
mod write;

use std::sync::OnceLock;

use segmenta_plugin_abi::table::{CONCURRENT, RAW_ARROW};
use segmenta_plugin_abi::{ABI_VERSION, SegAbiNote, SegBuf, SegError, SegHost, SegPlugin, SegStatus};

use crate::import::HostHandle;
use crate::library::{self, Library};
use crate::panics;

/// `Send + Sync` bounds and arrow-rs make both true.
const FLAGS: u64 = CONCURRENT | RAW_ARROW;

/// Where a library keeps the host that loaded it; the first one stays.
#[derive(Debug)]
pub struct HostSlot(OnceLock<HostHandle>);

impl HostSlot {
    /// No host yet.
    #[expect(clippy::new_without_default, reason = "made once, in a static")]
    pub const fn new() -> Self {
        Self(OnceLock::new())
    }

    /// The host's functions, or none before a host asked for the table.
    fn handle(&self) -> &HostHandle {
        self.0.get().unwrap_or(&HostHandle::NONE)
    }
}

/// The table of library `L`.
pub const fn table<L: Library>() -> SegPlugin {
    SegPlugin {
        struct_size: size_of::<SegPlugin>() as u32,
        abi_version: ABI_VERSION,
        flags: FLAGS,
        describe: Some(describe::<L>),
        create: Some(instance::create::<L>),
        destroy: Some(instance::destroy),
        fit_begin: Some(fit::begin),
        fit_update: Some(fit::update),
        fit_save: Some(fit::save),
        fit_merge: Some(fit::merge),
        fit_finish: Some(fit::finish),
        fit_destroy: Some(fit::destroy),
        model_load: Some(model::load),
        model_describe: Some(model::describe),
        model_destroy: Some(model::destroy),
        apply: Some(instance::apply),
        explain: None,
    }
}

/// The note of library `L`.
pub const fn note<L: Library>() -> SegAbiNote {
    let sdk = concat!("segmenta-plugin-sdk ", env!("CARGO_PKG_VERSION"), ", panic=unwind");
    SegAbiNote::new(L::NAME, L::VERSION, sdk, segmenta_plugin_abi::CPU, FLAGS)
}

/// Remembers the host and hands the table out; never fails.
///
/// # Safety
/// `host` is null or the struct of a host that speaks this ABI.
pub unsafe fn enter(host: *const SegHost, slot: &'static HostSlot, table: &'static SegPlugin) -> *const SegPlugin {
    panics::install_hook();
    // SAFETY: the caller vouches for the pointer.
    let handle = unsafe { HostHandle::new(host) };
    slot.0.get_or_init(|| handle);
    table
}

unsafe extern "C" fn describe<L: Library>(json: *mut SegBuf, error: *mut SegError) -> SegStatus {
    let described = panics::catch(|| Ok(library::describe::<L>().to_string().into_bytes()));
    // SAFETY: the host hands in a zeroed buffer and error of its own.
    unsafe { guard::answer_bytes(described, json, error) }
}

/// Whether `name` can be a plugin's name and the end of a symbol.
pub const fn is_plugin_name(name: &str) -> bool {
    let name = name.as_bytes();
    let mut at = 0;
    while at < name.len() {
        if !matches!(name[at], b'a'..=b'z' | b'0'..=b'9' | b'_') {
            return false;
        }
        at += 1;
    }
    !name.is_empty() && name[0].is_ascii_lowercase()
}
