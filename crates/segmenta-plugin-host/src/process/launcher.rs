//! Starting a child.

use std::ffi::OsString;
use std::io::{self, PipeReader};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::mpsc::{self, Sender};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Variables of the runner that its children see: language, time zone, where libraries are.
const ENVIRONMENT: [&str; 8] =
    ["LANG", "LC_ALL", "LC_CTYPE", "LC_NUMERIC", "TZ", "LD_LIBRARY_PATH", "RUST_BACKTRACE", "RUST_LIB_BACKTRACE"];

/// Which program a child runs, and how. The program is to call [`super::serve`] with descriptor 0.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Variables beside those that every child sees.
    pub environment: Vec<(OsString, OsString)>,
}

impl Default for Launcher {
    /// This program with the arguments `plugin-host --fd 0`.
    fn default() -> Self {
        let arguments = ["plugin-host", "--fd", "0"].map(OsString::from).to_vec();
        Self { program: PathBuf::from("/proc/self/exe"), arguments, environment: Vec::new() }
    }
}

/// A started child.
pub(super) struct Started {
    pub(super) process: Child,
    /// What it writes to standard output and standard error.
    pub(super) output: PipeReader,
}

impl Launcher {
    /// Starts a child in `directory`, with `socket` as its standard input.
    pub(super) fn start(&self, directory: &Path, socket: OwnedFd) -> io::Result<Started> {
        let (output, write) = io::pipe()?;
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).env_clear().current_dir(directory);
        let kept = ENVIRONMENT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
        command.envs(kept).env("TMPDIR", directory).env("HOME", directory);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(socket).stdout(write.try_clone()?).stderr(write);
        let process = spawn(command)?;
        Ok(Started { process, output })
    }
}

type Spawn = (Command, mpsc::SyncSender<io::Result<Child>>);

/// Starts the program from a thread that lives as long as the process: a child is killed when the
/// thread that started it ends.
fn spawn(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<Mutex<Sender<Spawn>>> = OnceLock::new();
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<Spawn>();
        std::thread::spawn(move || {
            for (mut command, answer) in receiver {
                let started = command.spawn();
                // Ends the parent's own copies of the child's descriptors.
                drop(command);
                if answer.send(started).is_err() {
                    return;
                }
            }
        });
        Mutex::new(sender)
    });
    let (sender, receiver) = mpsc::sync_channel(1);
    let gone = || io::Error::other("the thread that starts processes is gone");
    spawner.lock().unwrap_or_else(PoisonError::into_inner).send((command, sender)).map_err(|_| gone())?;
    receiver.recv().map_err(|_| gone())?
}
