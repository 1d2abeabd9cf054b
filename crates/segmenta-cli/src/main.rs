//! The `segmenta` program.

use std::process::ExitCode;

use segmenta_cli::Environment;

fn main() -> ExitCode {
    let environment = Environment::of_process();
    let (mut stdout, mut stderr) = (std::io::stdout().lock(), std::io::stderr());
    ExitCode::from(segmenta_cli::run(std::env::args_os(), &mut stdout, &mut stderr, &environment))
}
