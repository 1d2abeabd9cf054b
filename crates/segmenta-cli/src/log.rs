//! Log records of the libraries, on the standard error of the process.

use tracing_subscriber::EnvFilter;

use crate::arguments::{LogFormat, Options};

/// Sets up logging for the life of the process; a second call changes nothing.
pub(crate) fn install(options: &Options) {
    let filter = EnvFilter::new(match (options.quiet, options.verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "warn,segmenta=info,segmenta_engine=info,segmenta_store=info,segmenta_plugin_host=info",
        (false, _) => "info,segmenta_engine=debug,segmenta_store=debug,segmenta_plugin_host=debug",
    });
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    // Only the first caller of a process decides; in tests that is some other test.
    let _ = match options.log_format {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}
