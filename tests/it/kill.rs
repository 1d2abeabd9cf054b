//! Kills spread over a run: the published generation stays whole and the next run needs no help.

use std::collections::BTreeSet;
use std::fs;
use std::time::{Duration, Instant};

use segmenta_store::{Commit, History, Status};

use crate::case::Case;
use crate::child;
use crate::random::Random;

/// Kills when `SEGMENTA_KILLS` does not say otherwise.
const FEW: usize = 25;
/// Kills between two runs that nobody disturbs.
const BETWEEN: usize = 10;
/// Kills are spread over this many times the duration of the last whole run, so that some come too late.
const SPREAD: f64 = 1.1;
/// One kill in so many waits until the run is about to publish, and then up to [`PUBLISHING`].
const AIMED: usize = 4;
/// From the last file of a generation to the end of its run.
const PUBLISHING: Duration = Duration::from_millis(50);

/// When a run is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// This long after its start.
    AfterStart(Duration),
    /// This long after it has written the manifest, the last file before the publish.
    AfterManifest(Duration),
}

/// What the kills met.
#[derive(Debug, Default)]
struct Tally {
    before_publish: usize,
    after_publish: usize,
    too_late: usize,
}

/// A store under attack.
struct Victim {
    case: Case,
    history: History,
    /// Runs so far.
    runs: usize,
    /// How long the last run took that nobody disturbed.
    whole_run: Duration,
}

impl Victim {
    fn new() -> Self {
        let case = Case::retail();
        let history = History::open(&case.path("out"));
        Self { case, history, runs: 0, whole_run: Duration::ZERO }
    }

    /// Run id and arguments of the next run: another day than the last one, close enough to pass the checks.
    fn next(&mut self) -> (String, Vec<String>) {
        self.runs += 1;
        let (run_id, as_of) = (format!("run-{}", self.runs), format!("2026-05-{:02}", 1 + self.runs % 28));
        let words = ["run", "retail.toml", "--param", "out=./out", "--force", "--as-of", &as_of, "--run-id", &run_id];
        let words = words.map(str::to_owned).to_vec();
        (run_id, words)
    }

    /// The published generation, whose files all have the bytes that were published.
    fn current(&self) -> Option<Commit> {
        let commit = self.history.current().unwrap()?;
        assert_eq!(self.history.verify(&commit).unwrap(), [], "generation {}", commit.generation);
        assert!(commit.files.len() > 10, "{:?}", commit.files);
        Some(commit)
    }

    /// Any moment of a run, some aimed at the publish.
    fn moment(&self, kill: usize, random: &mut Random) -> Moment {
        if kill.is_multiple_of(AIMED) {
            return Moment::AfterManifest(PUBLISHING.mul_f64(random.share()));
        }
        Moment::AfterStart(self.whole_run.mul_f64(SPREAD * random.share()))
    }

    /// A run in a process of its own, killed at `moment`.
    fn kill(&mut self, moment: Moment, tally: &mut Tally) {
        let before = self.current();
        let (run_id, words) = self.next();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let mut process = child::command(&self.case, &words).spawn().unwrap();
        match moment {
            Moment::AfterStart(duration) => std::thread::sleep(duration),
            Moment::AfterManifest(duration) => {
                let manifest = self.case.path(&format!("out/_staging/run={run_id}/manifest.json"));
                while !manifest.exists() && process.try_wait().unwrap().is_none() {
                    std::thread::sleep(Duration::from_micros(200));
                }
                std::thread::sleep(duration);
            }
        }
        process.kill().unwrap();
        let ended = process.wait().unwrap();

        let after = self.current();
        let published = after != before;
        if published {
            let generation = before.map_or(0, |before| before.generation) + 1;
            let after = after.expect("a generation does not vanish");
            assert_eq!((after.generation, &after.run_id), (generation, &run_id));
        }
        match (ended.code(), published) {
            (None, false) => tally.before_publish += 1,
            (None, true) => tally.after_publish += 1,
            (Some(0), true) => tally.too_late += 1,
            (code, _) => panic!("{run_id} ended with {code:?}, published: {published}"),
        }
        assert!(self.history.holder().is_none(), "the lock outlived its process");
    }

    /// A run that nobody disturbs: it publishes, and takes away what the killed ones left.
    fn run(&mut self) {
        let before = self.current().map_or(0, |commit| commit.generation);
        let (run_id, words) = self.next();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let started = Instant::now();
        self.case.call(&words).expect(0, "published");
        self.whole_run = started.elapsed();
        let current = self.current().unwrap();
        assert_eq!((current.generation, &current.run_id), (before + 1, &run_id));
        self.assert_swept();
    }

    /// Nothing is left but what commits name, and no run is said to be going on.
    fn assert_swept(&self) {
        let out = self.case.path("out");
        for directory in ["_staging", "_trash", "_held"] {
            let left = fs::read_dir(out.join(directory)).map_or(0, Iterator::count);
            assert_eq!(left, 0, "{directory}");
        }
        let published: BTreeSet<String> =
            self.history.commits().unwrap().into_iter().map(|commit| commit.directory).collect();
        assert_eq!(generation_directories(&out), published);
        assert!(self.history.holder().is_none());
        let runs = self.history.runs().unwrap();
        assert!(runs.iter().all(|run| matches!(run.status, Status::Published | Status::Lost)), "{runs:?}");
        let hint = fs::read(out.join("current.json")).unwrap();
        let newest = self.current().unwrap().generation;
        assert_eq!(hint, fs::read(out.join(format!("commits/{newest}.json"))).unwrap());
    }
}

/// `as_of=…/run=…` below the root.
fn generation_directories(root: &std::path::Path) -> BTreeSet<String> {
    let names = |directory: &std::path::Path, prefix: &str| -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with(prefix)).collect()
    };
    let runs = |as_of: String| {
        let runs = names(&root.join(&as_of), "run=");
        runs.into_iter().map(move |run| format!("{as_of}/{run}"))
    };
    names(root, "as_of=").into_iter().flat_map(runs).collect()
}

#[test]
fn a_killed_run_leaves_the_published_generation_whole() {
    let kills = std::env::var("SEGMENTA_KILLS").map_or(FEW, |kills| kills.parse().expect("a number of kills"));
    let (mut victim, mut random, mut tally) = (Victim::new(), Random::new(8), Tally::default());
    // The very first run, which has nothing to fall back on, is killed too.
    victim.kill(Moment::AfterManifest(Duration::ZERO), &mut tally);
    victim.run();
    for kill in 1..kills {
        victim.kill(victim.moment(kill, &mut random), &mut tally);
        if kill.is_multiple_of(BETWEEN) {
            victim.run();
        }
    }
    victim.run();
    for commit in victim.history.commits().unwrap() {
        assert_eq!(victim.history.verify(&commit).unwrap(), [], "generation {}", commit.generation);
    }
    println!("{kills} kills: {tally:?}; the last whole run took {:?}", victim.whole_run);
    assert_eq!(tally.before_publish + tally.after_publish + tally.too_late, kills);
    assert!(tally.before_publish > 0);
}
