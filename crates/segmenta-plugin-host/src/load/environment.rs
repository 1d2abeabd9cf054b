//! What loading a library must not change: floating-point arithmetic and the working directory.

use std::path::PathBuf;

/// The state before a library's initialisers run.
pub(super) struct State {
    float_control: u64,
    directory: Option<PathBuf>,
}

impl State {
    pub(super) fn save() -> Self {
        Self { float_control: float_control(), directory: std::env::current_dir().ok() }
    }

    /// Takes changes back, and names the first.
    pub(super) fn restore(self) -> Option<&'static str> {
        let mut changed = None;
        if self.directory != std::env::current_dir().ok() {
            if let Some(directory) = &self.directory {
                // If the old directory is gone there is nothing to return to; the error says so anyway.
                let _ = std::env::set_current_dir(directory);
            }
            changed = Some("working directory");
        }
        if self.float_control != float_control() {
            set_float_control(self.float_control);
            changed = Some("floating-point mode");
        }
        changed
    }
}

/// The bits of MXCSR that select rounding, exceptions and the treatment of subnormals; the others
/// only record what happened.
#[cfg(target_arch = "x86_64")]
const CONTROL: u32 = 0xffc0;

#[cfg(target_arch = "x86_64")]
fn float_control() -> u64 {
    let mut mxcsr: u32 = 0;
    // SAFETY: stores 4 bytes into a variable of 4 bytes.
    unsafe {
        std::arch::asm!("stmxcsr [{}]", in(reg) &mut mxcsr, options(nostack, preserves_flags));
    }
    u64::from(mxcsr & CONTROL)
}

#[cfg(target_arch = "x86_64")]
fn set_float_control(value: u64) {
    let mxcsr = value as u32;
    // SAFETY: loads a value that the processor itself gave out.
    unsafe {
        std::arch::asm!("ldmxcsr [{}]", in(reg) &mxcsr, options(nostack, readonly, preserves_flags));
    }
}

#[cfg(target_arch = "aarch64")]
fn float_control() -> u64 {
    let value: u64;
    // SAFETY: reads a register that every program may read.
    unsafe {
        std::arch::asm!("mrs {}, fpcr", out(reg) value, options(nomem, nostack, preserves_flags));
    }
    value
}

#[cfg(target_arch = "aarch64")]
fn set_float_control(value: u64) {
    // SAFETY: writes a value that the processor itself gave out.
    unsafe {
        std::arch::asm!("msr fpcr, {}", in(reg) value, options(nomem, nostack, preserves_flags));
    }
}

/// Not looked at on other machines.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn float_control() -> u64 {
    0
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn set_float_control(_: u64) {}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn flushing_of_subnormals_is_noticed_and_undone() {
        let flush_to_zero = 1 << 15;
        let before = State::save();
        let mode = float_control();
        set_float_control(mode | flush_to_zero);
        assert_eq!(before.restore(), Some("floating-point mode"));
        assert_eq!(float_control(), mode);
        assert_eq!(State::save().restore(), None);
    }
}
