//! The end of the process by `_exit`, which runs no handler of `atexit`.
//!
//! A program that defines a function of the C library takes its place for every library that is loaded,
//! so a plugin that calls `_exit(0)` meets the function here.
#![allow(unsafe_code, reason = "functions of the C library are replaced here")]

use libc::c_int;

use super::crash;

/// Ends the process at once.
pub(super) fn end(code: c_int) -> ! {
    #[cfg(target_os = "linux")]
    // SAFETY: has no conditions.
    unsafe {
        libc::syscall(libc::SYS_exit_group, code)
    };
    std::process::abort()
}

#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
extern "C" fn _exit(code: c_int) -> ! {
    crash::at_exit();
    end(code)
}

#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
extern "C" fn _Exit(code: c_int) -> ! {
    crash::at_exit();
    end(code)
}
