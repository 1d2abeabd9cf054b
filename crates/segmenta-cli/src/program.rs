//! One call of the program: streams, environment and global options.

use std::ffi::OsString;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Parser;
use clap::error::ErrorKind;
use segmenta_engine::ExitStatus;

use crate::arguments::{Arguments, ColorChoice, Command, Options};
use crate::command::{
    accept, codes, discard, new, plan, plugin_host, plugins, release, report, run as run_command, runs, show, validate,
};
use crate::diagnostics::Render;
use crate::error::{Error, Result};
use crate::{Environment, log};

/// Exit status of a wrong command line.
const USAGE: u8 = 2;

/// What a command works with.
pub(crate) struct Program<'a> {
    stdout: &'a mut dyn Write,
    pub(crate) stderr: &'a mut (dyn Write + Send),
    pub(crate) environment: &'a Environment,
    pub(crate) options: Options,
    pub(crate) started: Instant,
}

/// Runs the program and gives its exit status. The first argument is the program's own name.
pub fn run<I>(arguments: I, stdout: &mut dyn Write, stderr: &mut (dyn Write + Send), environment: &Environment) -> u8
where
    I: IntoIterator,
    I::Item: Into<OsString> + Clone,
{
    let started = Instant::now();
    let Arguments { options, command } = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error, stdout, stderr),
    };
    // What a child that carries a plugin has to say goes to the process that started it.
    if !matches!(command, Command::PluginHost(_)) {
        log::install(&options);
    }
    let mut program = Program { stdout, stderr, environment, options, started };
    let ended = catch_unwind(AssertUnwindSafe(|| dispatch(&command, &mut program)));
    match ended {
        Ok(Ok(status)) => status,
        Ok(Err(error)) => program.fail(&error),
        Err(_) => program.fail(&Error::Panicked),
    }
}

fn dispatch(command: &Command, program: &mut Program<'_>) -> Result<u8> {
    match command {
        Command::New(arguments) => new::run(arguments, program),
        Command::Validate(arguments) => validate::run(arguments, program),
        Command::Plan(arguments) => plan::run(arguments, program),
        Command::Run(arguments) => run_command::run(arguments, program),
        Command::Show(arguments) => show::run(arguments, program),
        Command::Report(arguments) => report::run(arguments, program),
        Command::Runs(command) => runs::run(command, program),
        Command::Release(arguments) => release::run(arguments, program),
        Command::Discard(arguments) => discard::run(arguments, program),
        Command::Accept(arguments) => accept::run(arguments, program),
        Command::Plugins(command) => plugins::run(command, program),
        Command::Codes(arguments) => codes::run(arguments, program),
        Command::PluginHost(arguments) => Ok(plugin_host::run(arguments)),
        Command::PluginCheck(arguments) => plugin_host::check(arguments, program),
    }
}

/// Help and version are data, everything else that clap has to say is an error.
fn usage(error: &clap::Error, stdout: &mut dyn Write, stderr: &mut dyn Write) -> u8 {
    let text = error.render().to_string();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = stdout.write_all(text.as_bytes());
            ExitStatus::Ok.code()
        }
        _ => {
            let _ = stderr.write_all(text.as_bytes());
            USAGE
        }
    }
}

impl Program<'_> {
    /// A path of the command line, resolved against `-C` and the working directory.
    pub(crate) fn path(&self, given: &Path) -> PathBuf {
        let directory = match &self.options.working_directory {
            Some(directory) => self.environment.directory.join(directory),
            None => self.environment.directory.clone(),
        };
        directory.join(given)
    }

    /// Writes data.
    ///
    /// # Errors
    /// [`Error::Output`] when nobody takes it.
    pub(crate) fn print(&mut self, text: &str) -> Result<()> {
        self.stdout.write_all(text.as_bytes()).and_then(|()| self.stdout.flush()).map_err(Error::Output)
    }

    /// Writes a value as indented JSON with a final line break.
    ///
    /// # Errors
    /// [`Error::Output`] when nobody takes it.
    pub(crate) fn print_json(&mut self, value: &impl serde::Serialize) -> Result<()> {
        let text = serde_json::to_string_pretty(value).expect("records hold text, numbers and lists only");
        self.print(&(text + "\n"))
    }

    /// Writes a message. A closed standard error is no reason to stop.
    pub(crate) fn say(&mut self, text: &str) {
        let _ = self.stderr.write_all(text.as_bytes());
    }

    /// As [`Program::say`], unless only errors and warnings are wanted.
    pub(crate) fn tell(&mut self, text: &str) {
        if !self.options.quiet {
            self.say(text);
        }
    }

    /// How diagnostics are drawn on the standard error.
    pub(crate) fn render(&self) -> Render {
        let colored = match self.options.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => self.environment.stderr_is_terminal && self.environment.variable("NO_COLOR").is_none(),
        };
        if colored { Render::Colored } else { Render::Plain }
    }

    fn fail(&mut self, error: &Error) -> u8 {
        if let Error::Output(source) = error
            && source.kind() == io::ErrorKind::BrokenPipe
        {
            return ExitStatus::Ok.code();
        }
        let text = error.render(self.render());
        self.say(&text);
        error.exit_status().code()
    }
}
