//! The processor's mode of floating-point arithmetic, which belongs to a thread.

/// The bits of MXCSR that select rounding, exceptions and the treatment of subnormals; the others
/// only record what happened.
#[cfg(target_arch = "x86_64")]
const CONTROL: u32 = 0xffc0;

/// The mode of this thread.
#[cfg(target_arch = "x86_64")]
pub(crate) fn control() -> u64 {
    let mut mxcsr: u32 = 0;
    // SAFETY: stores 4 bytes into a variable of 4 bytes.
    unsafe {
        std::arch::asm!("stmxcsr [{}]", in(reg) &mut mxcsr, options(nostack, preserves_flags));
    }
    u64::from(mxcsr & CONTROL)
}

/// Sets the mode of this thread to one that [`control`] gave.
#[cfg(target_arch = "x86_64")]
pub(crate) fn set_control(value: u64) {
    let mxcsr = value as u32;
    // SAFETY: loads a value that the processor itself gave out.
    unsafe {
        std::arch::asm!("ldmxcsr [{}]", in(reg) &mxcsr, options(nostack, readonly, preserves_flags));
    }
}

/// The mode of this thread.
#[cfg(target_arch = "aarch64")]
pub(crate) fn control() -> u64 {
    let value: u64;
    // SAFETY: reads a register that every program may read.
    unsafe {
        std::arch::asm!("mrs {}, fpcr", out(reg) value, options(nomem, nostack, preserves_flags));
    }
    value
}

/// Sets the mode of this thread to one that [`control`] gave.
#[cfg(target_arch = "aarch64")]
pub(crate) fn set_control(value: u64) {
    // SAFETY: writes a value that the processor itself gave out.
    unsafe {
        std::arch::asm!("msr fpcr, {}", in(reg) value, options(nomem, nostack, preserves_flags));
    }
}

/// Not looked at on other machines.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) fn control() -> u64 {
    0
}

/// Not looked at on other machines.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) fn set_control(_: u64) {}
