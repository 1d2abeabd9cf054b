//! Checks of the function table itself.

use segmenta_plugin_abi::table::{KNOWN_FLAGS, PROCESS_ONLY};
use segmenta_plugin_abi::{ABI_MAJOR, SegPlugin};

use crate::library::Tenancy;

/// Size of the table in ABI 1.0; no plugin has a smaller one.
const SIZE_1_0: u32 = 128;

/// The table, if it can be used.
///
/// # Safety
/// `table` points to a table of at least the size it states, which never changes.
///
/// # Errors
/// What is wrong with it.
pub(super) unsafe fn check(table: *const SegPlugin, tenancy: Tenancy) -> Result<&'static SegPlugin, String> {
    if !table.is_aligned() {
        return Err("it is not aligned".to_owned());
    }
    // SAFETY: every table starts with its size, and the pointer is aligned.
    let struct_size = unsafe { table.cast::<u32>().read() };
    if struct_size < SIZE_1_0 {
        return Err(format!("it has {struct_size} bytes, {SIZE_1_0} are the least"));
    }
    // SAFETY: it is as large as ABI 1.0 says, and every later one only adds.
    let table = unsafe { &*table };
    if table.abi_version >> 16 != ABI_MAJOR {
        return Err(format!("it is of ABI major {}, the note of {ABI_MAJOR}", table.abi_version >> 16));
    }
    if table.flags & !KNOWN_FLAGS != 0 {
        return Err(format!("it has unknown flags, {:#x}", table.flags & !KNOWN_FLAGS));
    }
    if table.flags & PROCESS_ONLY != 0 && tenancy == Tenancy::Shared {
        return Err("it asks for a process of its own, its note does not".to_owned());
    }
    check_members(table)?;
    Ok(table)
}

fn check_members(table: &SegPlugin) -> Result<(), String> {
    let required = [
        ("describe", table.describe.is_some()),
        ("create", table.create.is_some()),
        ("destroy", table.destroy.is_some()),
        ("apply", table.apply.is_some()),
    ];
    if let Some((name, _)) = required.iter().find(|(_, set)| !set) {
        return Err(format!("`{name}` is missing"));
    }
    let fit = [
        ("fit_begin", table.fit_begin.is_some()),
        ("fit_update", table.fit_update.is_some()),
        ("fit_save", table.fit_save.is_some()),
        ("fit_merge", table.fit_merge.is_some()),
        ("fit_finish", table.fit_finish.is_some()),
        ("fit_destroy", table.fit_destroy.is_some()),
        ("model_load", table.model_load.is_some()),
        ("model_destroy", table.model_destroy.is_some()),
    ];
    match fit.iter().find(|(_, set)| !set) {
        Some((name, _)) if fit.iter().any(|(_, set)| *set) => {
            Err(format!("`{name}` is missing, while other fit functions are there"))
        }
        _ => Ok(()),
    }
}
