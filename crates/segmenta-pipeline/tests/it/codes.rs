//! Each code has a file that shows it, and nothing else.

use std::fmt::Write as _;
use std::path::PathBuf;

use segmenta_pipeline::Code;

use crate::catalog::read;
use crate::rendering::render;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/errors"))
}

/// `# --param name=value` lines of a file.
fn params(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().filter_map(|line| line.strip_prefix("# --param ")?.split_once('='));
    lines.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[test]
fn every_code_has_a_broken_file() {
    let mut shown = String::new();
    for code in Code::ALL {
        let path = folder().join(format!("{code}.toml"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (_, problems) = read(&text, &params(&text));
        assert!(!problems.is_empty(), "{code} is not reported");
        assert!(problems.iter().all(|problem| problem.code == *code), "{code}: {}", render(&text, &problems));
        writeln!(shown, "## {code} {}\n\n{}", code.name(), render(&text, &problems)).unwrap();
    }
    insta::assert_snapshot!("codes", shown);
}

#[test]
fn every_broken_file_is_of_a_code() {
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(Code::ALL.iter().any(|code| code.as_str() == name), "{}", path.display());
    }
}

#[test]
fn codes_and_their_names_are_unique_and_ascend() {
    assert!(Code::ALL.is_sorted_by(|left, right| left.as_str() < right.as_str()));
    let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
    names.sort_unstable();
    assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
    assert!(Code::ALL.iter().all(|code| code.explanation().len() > 20));
}
