//! What loading a library must not change: arithmetic, signals, locale, working directory, file mask.

use std::ffi::CString;
use std::path::PathBuf;

use libc::{c_int, sigaction};

use super::float;
use crate::system;

/// The state before a library's initialisers run.
pub(super) struct State {
    float_control: u64,
    directory: Option<PathBuf>,
    locale: Option<CString>,
    file_mask: libc::mode_t,
    signals: Vec<(c_int, sigaction)>,
}

impl State {
    pub(super) fn save() -> Self {
        Self {
            float_control: float::control(),
            directory: std::env::current_dir().ok(),
            locale: system::locale(),
            file_mask: system::file_mask(),
            signals: system::signals().filter_map(|signal| Some((signal, system::disposition(signal)?))).collect(),
        }
    }

    /// Takes changes back, and names them.
    pub(super) fn restore(self) -> Vec<&'static str> {
        let mut changed = Vec::new();
        if self.float_control != float::control() {
            float::set_control(self.float_control);
            changed.push("floating-point mode");
        }
        if self.directory != std::env::current_dir().ok() {
            if let Some(directory) = &self.directory {
                // If the old directory is gone there is nothing to return to; the error says so anyway.
                let _ = std::env::set_current_dir(directory);
            }
            changed.push("working directory");
        }
        if self.locale != system::locale() {
            if let Some(locale) = &self.locale {
                system::set_locale(locale);
            }
            changed.push("locale");
        }
        if self.file_mask != system::file_mask() {
            system::set_file_mask(self.file_mask);
            changed.push("file mask");
        }
        if self.restore_signals() {
            changed.push("signal handlers");
        }
        changed
    }

    /// Whether there was something to restore.
    fn restore_signals(&self) -> bool {
        let mut any = false;
        for (signal, before) in &self.signals {
            let now = system::disposition(*signal);
            if now.is_none_or(|now| (now.sa_sigaction, now.sa_flags) != (before.sa_sigaction, before.sa_flags)) {
                // SAFETY: the handler was there before, and its owner is never unloaded.
                unsafe { system::set_disposition(*signal, before) };
                any = true;
            }
        }
        any
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_is_noticed_and_undone() {
        let flush_to_zero = 1 << 15;
        let before = State::save();
        let mode = float::control();
        float::set_control(mode | flush_to_zero);
        assert_eq!(before.restore(), ["floating-point mode"]);
        assert_eq!(float::control(), mode);
        assert!(State::save().restore().is_empty());
    }
}
