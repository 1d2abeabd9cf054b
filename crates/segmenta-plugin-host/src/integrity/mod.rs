//! Which library may run, and where: pins, `plugins.lock`, the operator's policy, and the choice of a
//! process. A digest says which code runs, not that the code is safe: code in the runner's process has
//! all of the runner's rights.

mod gate;
mod isolation;
mod level;
mod lock;
mod manifest;
mod pin;
mod policy;
mod resolve;

pub use gate::{Admitted, Gate, Request};
pub use isolation::{Isolation, Mode, ModeFacts, Reason, choose_mode};
pub use level::CheckLevel;
pub use lock::{Lock, LockedLibrary, LockedPlugin};
pub use manifest::{Manifest, ManifestLibrary};
pub use pin::Pin;
pub use policy::{InProcess, Policy, Require};
pub use resolve::{Places, Resolved, Wanted, resolve};

/// The platform of this program as locks and manifests name it, such as `linux-x86_64-gnu`.
pub fn platform() -> String {
    platform_of(segmenta_plugin_abi::TARGET)
}

/// `linux-x86_64-gnu` of `x86_64-unknown-linux-gnu`.
fn platform_of(target: &str) -> String {
    let parts: Vec<&str> = target.split('-').collect();
    match parts.as_slice() {
        [machine, _, "darwin"] => format!("macos-{machine}"),
        [machine, _, system, rest @ ..] => {
            let rest: String = rest.iter().map(|part| format!("-{part}")).collect();
            format!("{system}-{machine}{rest}")
        }
        _ => target.to_owned(),
    }
}

/// Whether a text is a SHA-256 in lower-case hex.
fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_platform_is_system_machine_and_c_library() {
        assert_eq!(platform_of("x86_64-unknown-linux-gnu"), "linux-x86_64-gnu");
        assert_eq!(platform_of("aarch64-apple-darwin"), "macos-aarch64");
    }

    #[test]
    fn a_digest_is_lower_case_hex_of_full_length() {
        assert!(is_digest(&"a0".repeat(32)));
        assert!(!is_digest(&"A0".repeat(32)));
        assert!(!is_digest("a0"));
    }
}
