//! What does not compile, and where the compiler says so.

use crate::builds::{Build, compile};

const RULE: &str = "use segmenta_plugin_sdk::prelude::*;\n";

/// Each source stands behind the line of [`RULE`]; line and column count from 1.
const CASES: &[(&str, &str, &str)] = &[
    ("/// D.\n#[criterion]\nfn f(x: Vec<u8>) -> bool { true }", "4:9", "no column can be handed over as `Vec<u8>`"),
    ("/// D.\n#[criterion]\nfn f(x: f64) -> char { 'a' }", "4:17", "a row rule cannot answer with `char`"),
    ("/// D.\n#[criterion]\nfn f(x: f64) {}", "4:4", "give it a return type"),
    ("#[criterion]\nfn f(x: f64) -> bool { true }", "3:4", "needs a doc comment"),
    ("/// D.\n#[criterion]\nstruct F;", "2:1", "goes before a function"),
    ("/// D.\n#[criterion(nmae = \"f\")]\nfn f(x: f64) -> bool { true }", "3:13", "knows `name` and `labels`"),
    ("/// D.\n#[criterion(name = \"a b\")]\nfn f(x: f64) -> bool { true }", "3:20", "up to 64 letters"),
    (
        "/// D.\n#[criterion(labels = [\"a\"])]\nfn f(x: f64) -> bool { true }",
        "3:23",
        "a rule of `bool` has two labels",
    ),
    ("/// D.\n#[criterion(labels = [\"a\"])]\nfn f(x: f64) -> f64 { x }", "3:23", "with a number has no labels"),
    ("/// D.\n#[criterion(labels = [\"a\", \"a\"])]\nfn f(x: f64) -> bool { true }", "3:28", "is there twice"),
    ("/// D.\n#[criterion]\nfn f(#[param] x: f64) -> bool { true }", "4:4", "reads at least one column"),
    (
        "/// D.\n#[criterion]\nfn f(x: f64, #[param(mni = 1)] y: f64) -> bool { true }",
        "4:22",
        "knows `default`, `min` and `max`",
    ),
    ("/// D.\n#[criterion]\nfn f(x: f64, #[param(min = 1)] y: &str) -> bool { true }", "4:22", "only a number"),
    (
        "/// D.\n#[criterion]\nfn f(x: f64, #[param(default = -2, min = -1)] y: i8) -> bool { true }",
        "4:32",
        "below `min`",
    ),
    (
        "/// D.\n#[criterion]\nfn f(x: f64, #[param(default = \"a\")] y: f64) -> bool { true }",
        "4:32",
        "mismatched types",
    ),
    (
        "/// D.\n#[criterion]\nfn f(x: f64, #[cfg(test)] y: f64) -> bool { true }",
        "4:14",
        "doc comments and `#[param]` only",
    ),
    ("/// D.\n#[criterion]\nfn f((x, y): f64) -> bool { true }", "4:6", "needs a plain name"),
    ("/// D.\n#[criterion]\nfn f(&self, x: f64) -> bool { true }", "4:6", "without `self`"),
    ("/// D.\n#[criterion]\nfn f<T>(x: f64) -> bool { true }", "4:5", "cannot be generic"),
    ("/// D.\n#[criterion]\nasync fn f(x: f64) -> bool { true }", "4:1", "cannot be `async`"),
    ("struct F;\nexport_plugin!(name = \"f\", version = \"1.0.0\", criteria = [F]);", "3:59", "`F` is not a criterion"),
    (
        "/// D.\n#[criterion]\nfn f(x: f64) -> bool { true }\nexport_plugin!(name = \"F\", version = \"1\", criteria = [f]);",
        "5:1",
        "lower-case letters",
    ),
    ("#[options]\nenum E { A }", "2:1", "options are a struct"),
    ("#[options(strict)]\nstruct S;", "2:11", "has no keys"),
    ("#[stored]\nfn f() {}", "3:1", "only a struct or an enum"),
];

#[test]
fn each_mistake_is_shown_at_its_place() {
    for (at, (source, place, problem)) in CASES.iter().enumerate() {
        let built = compile(&Build { name: &format!("refused_{at}"), ..Build::check(&format!("{RULE}{source}")) });
        let expected = format!("refused_{at}.rs:{place}: error");
        let found = built.errors.lines().any(|line| line.contains(&expected) && line.contains(problem));
        assert!(!built.works && found, "{source}\nshould say `{problem}` at {place}, says\n{}", built.errors);
    }
}

#[test]
fn several_mistakes_are_shown_at_once() {
    let source = format!("{RULE}#[criterion(name = 1)]\nasync fn f<T>((x, y): f64) -> bool {{ true }}");
    let built = compile(&Build { name: "several", ..Build::check(&source) });
    let errors = built.errors.lines().filter(|line| line.contains("several.rs:")).count();
    assert_eq!(errors, 5, "{}", built.errors);
}

#[test]
fn a_plugin_that_aborts_on_panic_does_not_build() {
    let source = format!(
        "{RULE}/// D.\n#[criterion]\nfn f(x: f64) -> bool {{ x > 0.0 }}\nexport_plugin!(name = \"f\", version = \"1.0.0\", criteria = [f]);"
    );
    let unwinds = compile(&Build { name: "unwinds", ..Build::check(&source) });
    assert!(unwinds.works, "{}", unwinds.errors);
    let aborts = compile(&Build { name: "aborts", flags: &["-Cpanic=abort"], ..Build::check(&source) });
    assert!(!aborts.works && aborts.errors.contains("a plugin must be built with panic"), "{}", aborts.errors);
}
