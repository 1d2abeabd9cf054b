//! What `segmenta` is for the tests of this crate: the program that children run.
//!
//! `plugin-host` holds a plugin for a runner; `check FILE` answers a request of a check.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    match arguments.first().and_then(|argument| argument.to_str()) {
        Some("plugin-host") => segmenta_plugin_host::process::serve(0),
        Some("check") => match arguments.get(1).map(|path| segmenta_plugin_check::child_main(Path::new(path))) {
            Some(Ok(())) => ExitCode::SUCCESS,
            _ => ExitCode::FAILURE,
        },
        _ => ExitCode::FAILURE,
    }
}
