//! The `segmenta` program.

use std::process::ExitCode;

use segmenta_cli::Environment;

fn main() -> ExitCode {
    keep_freed_memory();
    let environment = Environment::of_process();
    let (mut stdout, mut stderr) = (std::io::stdout().lock(), std::io::stderr());
    ExitCode::from(segmenta_cli::run(std::env::args_os(), &mut stdout, &mut stderr, &environment))
}

/// Has the allocator keep large blocks for the next use. By default it gives each one back to the
/// system, which then clears it again page by page: measurable where a stage fills tables of many
/// megabytes and the next one does the same.
#[allow(unsafe_code, reason = "the C library's allocator is set by a C call")]
fn keep_freed_memory() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    for option in [libc::M_MMAP_THRESHOLD, libc::M_TRIM_THRESHOLD] {
        // SAFETY: no other thread runs yet; a value the allocator does not take is refused and changes nothing.
        unsafe { libc::mallopt(option, 1 << 30) };
    }
}
