//! Every command of the tutorial does what the tutorial says.
//!
//! With `SEGMENTA_PROGRAM` set to the program, `segmenta` is run as a user would run it. Without it the
//! commands for authors call the functions that stand behind them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use segmenta_plugin_check::{
    AS_OF_US, Bless, Effort, Explain, Fixture, Kind, Lang, Launcher, Level, Lock, Options, Sdk, Target, cases, check,
    lock, new, pack, page, run,
};
use serde_json::{Map, Value};

use crate::built;

/// Where the commands are typed.
struct Terminal {
    folder: PathBuf,
}

#[test]
fn every_command_of_the_tutorial_works() {
    let tutorial = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plugins/tutorial.md");
    let text = fs::read_to_string(tutorial).unwrap();
    let commands = commands(&text);
    assert!(commands.len() >= 10, "{commands:?}");
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal { folder: folder.path().to_owned() };
    commands.iter().for_each(|command| terminal.type_in(command));
    let source = fs::read_to_string(terminal.folder.join("src/lib.rs")).unwrap();
    let shown = text.split("```rust\n").nth(1).unwrap().split("```").next().unwrap();
    assert!(source.contains(shown), "the tutorial shows another criterion than the template has");
}

/// Lines of the `sh` blocks.
fn commands(text: &str) -> Vec<String> {
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

impl Terminal {
    fn type_in(&mut self, command: &str) {
        let words: Vec<&str> = command.split_whitespace().collect();
        match words.as_slice() {
            ["cd", folder] => self.enter(folder),
            ["cargo", arguments @ ..] => self.cargo(arguments),
            ["segmenta", arguments @ ..] => match std::env::var_os("SEGMENTA_PROGRAM") {
                Some(program) => self.program(program.as_ref(), arguments),
                None => self.function(arguments),
            },
            _ => panic!("the tutorial has a command that no test knows: {command}"),
        }
    }

    /// Into a new project, which gets the versions of this workspace and its build folder.
    fn enter(&mut self, folder: &str) {
        self.folder.push(folder);
        let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
        fs::copy(lock, self.folder.join("Cargo.lock")).unwrap();
        fs::create_dir_all(built::target_folder()).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(built::target_folder(), self.folder.join("target")).unwrap();
    }

    fn cargo(&self, arguments: &[&str]) {
        let mut command = Command::new(env!("CARGO"));
        command.args(arguments).arg("--offline").current_dir(&self.folder);
        // The same build, without the time that a fast one takes.
        command.env_remove("CARGO_TARGET_DIR").env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0");
        succeeds(&mut command);
    }

    fn program(&self, program: &Path, arguments: &[&str]) {
        let Sdk::Path(sdk) = built::sdk() else { unreachable!("it is a path") };
        let words =
            arguments.iter().map(|word| if *word == "SDK" { sdk.display().to_string() } else { (*word).to_owned() });
        succeeds(Command::new(program).args(words).current_dir(&self.folder));
    }

    fn function(&self, arguments: &[&str]) {
        let value = |name: &str| {
            let at = arguments.iter().position(|word| *word == name)?;
            arguments.get(at + 1).copied()
        };
        match arguments {
            ["plugins", "new", name, ..] => {
                assert_eq!(
                    (value("--lang"), value("--kind"), value("--sdk")),
                    (Some("rust"), Some("row"), Some("SDK"))
                );
                new(name, Lang::Rust, Kind::Row, &built::sdk(), &self.folder.join(name)).unwrap();
            }
            ["plugins", command, library, ..] => self.on_library(command, &self.folder.join(library), arguments, value),
            ["run", pipeline, ..] => {
                assert!(self.folder.join(pipeline).is_file());
                assert!(self.folder.join(value("--plugin-dir").unwrap()).is_dir());
                eprintln!("skipped: a run needs SEGMENTA_PROGRAM");
            }
            _ => panic!("no test knows `segmenta {}`", arguments.join(" ")),
        }
    }

    fn on_library<'a>(
        &self,
        command: &str,
        library: &Path,
        arguments: &[&str],
        value: impl Fn(&str) -> Option<&'a str>,
    ) {
        let target = Target::File(library.to_owned());
        let rows = value("--rows").map(|rows| self.folder.join(rows));
        let launcher = Launcher { program: env!("CARGO_BIN_EXE_segmenta-plugin-child").into(), ..Launcher::default() };
        let fixtures = rows.iter().map(Fixture::csv).collect();
        let options = Options { fixtures, effort: Effort::Quick, launcher: Some(launcher), ..Options::default() };
        match command {
            "check" => {
                let report = check(&target, Level::Bench, &options);
                assert_eq!(report.reached(), Some(Level::Bench), "{}", report.text());
            }
            "run" => {
                let params = params(value("--param"));
                let applied = run(&target, None, &params, &rows.unwrap(), AS_OF_US, Explain::Yes).unwrap();
                assert!(applied.csv().contains("999.99,yes\n"), "{}", applied.csv());
            }
            "test" => {
                let results = cases(&target, &self.folder.join(arguments[3]), Bless::No).unwrap();
                assert!(
                    !results.is_empty() && results.iter().all(|result| result.differences.is_empty()),
                    "{results:?}"
                );
            }
            "docs" => assert!(page(&target, &options, None).unwrap().contains("Revenue from which a customer counts")),
            "lock" => {
                let mut locked = Lock::default();
                let report = lock(&mut locked, library, Level::Stress, &options).unwrap();
                assert!(report.is_green() && locked.to_toml().contains("level = \"stress\""), "{}", locked.to_toml());
            }
            "pack" => {
                let report = check(&target, Level::Load, &options);
                let files = pack(library, "", &report, &options, &self.folder.join(value("--out").unwrap())).unwrap();
                assert_eq!(files.len(), 5);
            }
            _ => panic!("no test knows `segmenta plugins {command}`"),
        }
    }
}

/// `name=value`, the value as JSON if it is some.
fn params(text: Option<&str>) -> Value {
    let pairs = text.into_iter().filter_map(|text| text.split_once('='));
    let read = |value: &str| serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    pairs.map(|(name, value)| (name.to_owned(), read(value))).collect::<Map<_, _>>().into()
}

fn succeeds(command: &mut Command) {
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}\n{out}\n{err}");
}
