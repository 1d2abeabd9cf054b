//! The C functions of a plugin, generic over its library; [`crate::export_plugin!`] puts them in a table.
#![expect(unsafe_code, reason = "the functions of the C table take and give raw pointers")]

mod fit;
mod guard;
mod instance;
mod model;
mod write;

use std::sync::OnceLock;

use segmenta_plugin_abi::table::{CONCURRENT, RAW_ARROW};
use segmenta_plugin_abi::{
    ABI_1_0, ABI_MAJOR, ABI_VERSION, SegAbiNote, SegBuf, SegError, SegHost, SegPlugin, SegStatus,
};

use crate::import::HostHandle;
use crate::library::{self, Library};
use crate::{Error, panics};

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

/// The table of library `L`. What none of its criteria offers is null.
pub const fn table<L: Library>() -> SegPlugin {
    let mut table = SegPlugin {
        struct_size: size_of::<SegPlugin>() as u32,
        abi_version: ABI_VERSION,
        flags: FLAGS,
        describe: Some(describe::<L>),
        create: Some(instance::create::<L>),
        destroy: Some(instance::destroy),
        fit_begin: None,
        fit_update: None,
        fit_save: None,
        fit_merge: None,
        fit_finish: None,
        fit_destroy: None,
        model_load: None,
        model_describe: None,
        model_destroy: None,
        apply: Some(instance::apply),
        explain: None,
    };
    if library::any_fitted::<L>() {
        table.fit_begin = Some(fit::begin);
        table.fit_update = Some(fit::update);
        table.fit_save = Some(fit::save);
        table.fit_merge = Some(fit::merge);
        table.fit_finish = Some(fit::finish);
        table.fit_destroy = Some(fit::destroy);
        table.model_load = Some(model::load);
        table.model_describe = Some(model::describe);
        table.model_destroy = Some(model::destroy);
    }
    if library::any_explains::<L>() {
        table.explain = Some(instance::explain);
    }
    table
}

/// The note of library `L`. It asks for the oldest host that offers what the library uses, and all
/// that a library can use so far is of ABI 1.0. What a later minor adds raises it only for libraries
/// that use the addition.
pub const fn note<L: Library>() -> SegAbiNote {
    let sdk = concat!("segmenta-plugin-sdk ", env!("CARGO_PKG_VERSION"), ", panic=unwind");
    SegAbiNote::new(L::NAME, L::VERSION, sdk, segmenta_plugin_abi::CPU, FLAGS).asking_for(ABI_1_0)
}

/// Remembers the host and hands the table out, or refuses a host of another major.
///
/// # Safety
/// `host` is null or the struct of a host; `error` is null or zeroed.
pub unsafe fn enter(
    host: *const SegHost,
    error: *mut SegError,
    slot: &'static HostSlot,
    table: &'static SegPlugin,
) -> *const SegPlugin {
    // SAFETY: the caller vouches for the pointer.
    let handle = unsafe { HostHandle::new(host) };
    if let Some(major) = handle.major().filter(|major| *major != ABI_MAJOR) {
        let refused = Error::Unsupported { what: format!("ABI {major}, which the host speaks,") };
        // SAFETY: the caller vouches for the pointer.
        unsafe { guard::answer::<()>(Err(refused), error, drop) };
        return std::ptr::null();
    }
    panics::install_hook();
    slot.0.get_or_init(|| handle);
    table
}

unsafe extern "C" fn describe<L: Library>(json: *mut SegBuf, error: *mut SegError) -> SegStatus {
    let described = panics::catch(|| Ok(library::describe::<L>().to_string().into_bytes()));
    // SAFETY: the host hands in a zeroed buffer and error of its own.
    unsafe { guard::answer_bytes(described, json, error) }
}

/// Whether `name` can be a plugin's name.
pub const fn is_plugin_name(name: &str) -> bool {
    let name = name.as_bytes();
    let mut at = 0;
    while at < name.len() {
        if !matches!(name[at], b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-') {
            return false;
        }
        at += 1;
    }
    !name.is_empty() && name[0].is_ascii_lowercase()
}

/// Whether symbols that end in `suffix` belong to the plugin `name`.
pub const fn is_symbol_of(suffix: &str, name: &str) -> bool {
    let (suffix, name) = (suffix.as_bytes(), name.as_bytes());
    let mut at = 0;
    while at < name.len() && at < suffix.len() {
        let expected = if name[at] == b'-' { b'_' } else { name[at] };
        if suffix[at] != expected {
            return false;
        }
        at += 1;
    }
    name.len() == suffix.len()
}

/// The text, or none: for what Cargo may not know.
pub const fn or_empty(text: Option<&'static str>) -> &'static str {
    match text {
        Some(text) => text,
        None => "",
    }
}
