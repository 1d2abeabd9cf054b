//! Kills at random moments: the published generation stays whole and the next run needs no help.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::BuildHasher;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::case::Case;
use crate::child;

/// Kills when `SEGMENTA_KILLS` does not say otherwise.
const FEW: usize = 8;

#[test]
fn a_killed_run_leaves_the_published_generation_whole() {
    let kills = std::env::var("SEGMENTA_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(FEW);
    let case = Case::retail();
    let as_of = |kill: usize| format!("2026-05-{:02}", 1 + kill % 28);
    let run = |kill: usize| {
        child::command(&case, &["run", "retail.toml", "--param", "out=./out", "--force", "--as-of", &as_of(kill)])
    };

    let started = Instant::now();
    assert!(run(0).status().unwrap().success());
    let whole_run = started.elapsed();
    let mut killed = 0;
    for kill in 0..kills {
        let mut process = run(kill).spawn().unwrap();
        std::thread::sleep(moment(whole_run));
        process.kill().unwrap();
        killed += usize::from(!process.wait().unwrap().success());
        assert_whole(&case);
    }
    println!("{killed} of {kills} runs were killed before they ended");
    assert!(run(kills).status().unwrap().success());
    assert_whole(&case);
    assert_eq!(fs::read_dir(case.path("out/_staging")).unwrap().count(), 0);
}

/// Any moment of a run, another one every time.
fn moment(whole_run: Duration) -> Duration {
    let random = RandomState::new().hash_one(Instant::now()) % 1000;
    whole_run.mul_f64(random as f64 / 1000.0)
}

/// Every file of the newest commit is there with the bytes the commit names.
fn assert_whole(case: &Case) {
    let newest = *case.generations().last().unwrap();
    let text = fs::read_to_string(case.path(&format!("out/commits/{newest}.json"))).unwrap();
    let commit: Value = serde_json::from_str(&text).unwrap();
    let directory = case.path("out").join(commit["directory"].as_str().unwrap());
    let files = commit["files"].as_array().unwrap();
    assert!(files.len() > 10);
    for file in files {
        let path = directory.join(file["path"].as_str().unwrap());
        let bytes = fs::metadata(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())).len();
        assert_eq!(Some(bytes), file["bytes"].as_u64(), "{}", path.display());
    }
    let shown = case.call(&["show", "out", "segment_summary", "--json"]);
    assert_eq!(shown.status, 0, "{}", shown.stderr);
}
