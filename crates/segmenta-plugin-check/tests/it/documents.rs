//! `docs/plugins/`: the pages of plugins and the reference are made from their sources, and up to date.

use std::fs;
use std::path::{Path, PathBuf};

use segmenta_plugin_check::{Effort, Fixture, Options, Target, page};

use crate::shipped::{name, shipped};

const WRITE: &str = "SEGMENTA_WRITE_DOCS";
const MADE: &str = "<!-- Made by a test of segmenta-plugin-check; see README.md. -->\n\n";

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Compares a page with its file, or writes the file if the environment asks for it.
fn up_to_date(name: &str, text: &str) {
    let path = workspace().join("docs/plugins").join(name);
    let text = format!("{MADE}{text}");
    if std::env::var_os(WRITE).is_some() {
        return fs::write(&path, text).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "`docs/plugins/{name}` is not up to date; set {WRITE}=1 and run this test again");
}

#[test]
fn documents_of_shipped_plugins_are_up_to_date() {
    for (plugin, params) in shipped() {
        let name = name(&plugin);
        let fixtures = vec![Fixture::params(params)];
        let options = Options { fixtures, effort: Effort::Quick, ..Options::default() };
        let text = page(&Target::Linked(plugin), &options, None).unwrap();
        assert!(text.contains("## Options") && text.contains("## Columns it writes"), "{text}");
        up_to_date(&format!("{name}.md"), &text);
    }
}

#[test]
fn documents_of_the_contract_are_up_to_date() {
    let read = |path: &str| fs::read_to_string(workspace().join("crates").join(path)).unwrap();
    let mut text = String::from("# Reference\n\n## Rust\n\n### `#[criterion]`\n\n");
    text += &macro_manual(&read("segmenta-plugin-macros/src/lib.rs"));
    for file in ["criterion", "input", "output", "batch", "context", "error"] {
        text += &manual(&read(&format!("segmenta-plugin-sdk/src/{file}.rs")));
    }
    text += "\n## C\n";
    text += &header_manual(&read("segmenta-plugin-abi/include/seg_plugin.h"));
    assert!(text.contains("### `pub trait Fitted") && text.contains("SEG_FIT_AGAIN"), "{text}");
    up_to_date("reference.md", &text);
}

/// The comment of the macro, one level down.
fn macro_manual(source: &str) -> String {
    let before = source.split("#[proc_macro_attribute]\npub fn criterion(").next().unwrap();
    let comment: Vec<&str> = before.lines().rev().take_while(|line| line.starts_with("///")).collect();
    let mut text = String::new();
    let mut within_code = false;
    for line in comment.into_iter().rev().map(|line| plain(line.trim_start_matches("///"))) {
        let fence = line.starts_with("```");
        within_code ^= fence;
        text += &match (within_code, fence, line.strip_prefix("# ")) {
            (true, true, _) => "```rust\n".to_owned(),
            // Lines of an example that only make it a program.
            (true, false, Some(_)) => continue,
            (false, false, Some(heading)) => format!("#### {heading}\n"),
            _ => format!("{line}\n"),
        };
    }
    text
}

/// Every public item of a source file that has a comment: its first line, and the comment.
fn manual(source: &str) -> String {
    let source = source.split("#[cfg(test)]").next().unwrap();
    let (mut text, mut comment) = (String::new(), Vec::new());
    let mut within_trait = false;
    for line in source.lines() {
        let code = line.trim();
        if let Some(words) = code.strip_prefix("///") {
            comment.push(plain(words));
        } else if !code.starts_with("#[") {
            within_trait = line.starts_with("pub trait") || (within_trait && line != "}");
            let member = within_trait && ["fn ", "const ", "type "].iter().any(|start| code.starts_with(start));
            let public = code.starts_with("pub ") && !code.starts_with("pub(");
            if (public || member) && !comment.is_empty() {
                let level = if line.starts_with("pub") { "###" } else { "####" };
                let signature = code.trim_end_matches(['{', ';', ',']).trim();
                text += &format!("\n{level} `{signature}`\n\n{}\n", described(&comment));
            }
            comment.clear();
        }
    }
    text
}

/// A comment without its headings.
fn described(comment: &[String]) -> String {
    // Summaries of the SDK hold no code; a heading is a word such as `Errors`.
    let lines = comment.iter().map(|line| match line.strip_prefix("# ") {
        Some(heading) => format!("*{heading}*"),
        None => line.clone(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// A line of a comment without links into code.
fn plain(line: &str) -> String {
    let line = line.strip_prefix(' ').unwrap_or(line);
    line.replace("[`", "`").replace("`]", "`").replace("(`crate::", "(`").replace("`crate::", "`")
}

/// The parts of the header, each with what it declares.
fn header_manual(header: &str) -> String {
    let mut text = String::new();
    for part in header.split("/* -------").skip(1) {
        let (title, code) = part.split_once('\n').unwrap();
        let title = title.trim_start_matches('-').trim().trim_end_matches("*/").trim();
        let code = code.split("#ifdef __cplusplus").next().unwrap();
        // A part whose title goes on is a comment that was opened in its first line.
        let code = if code.starts_with(" *") { format!("/*\n{code}") } else { code.trim_start().to_owned() };
        let heading = title[..1].to_uppercase() + &title[1..];
        text += &format!("\n### {heading}\n\n```c\n{}\n```\n", code.trim_end());
    }
    text
}
