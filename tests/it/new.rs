//! A newcomer's first steps.

use crate::case::Case;

#[test]
fn a_new_project_runs() {
    let case = Case::small();
    case.call(&["new", "shop"]).expect(0, "segmenta run shop/retail.toml --as-of 2026-06-01");
    case.call(&["validate", "shop/retail.toml", "--deny-warnings"]).expect(0, "retail: ok");
    case.call(&["run", "shop/retail.toml", "--as-of", "2026-06-01"]).expect(0, "published retail");
    case.call(&["show", "shop/retail.toml", "segment_summary"]).expect(0, "champions");
}

#[test]
fn a_new_project_replaces_nothing() {
    let case = Case::small();
    std::fs::create_dir(case.path("shop")).unwrap();
    case.write("shop/retail.toml", "mine");
    case.call(&["new", "shop"]).expect(1, "retail.toml` exists already");
    assert_eq!(std::fs::read_to_string(case.path("shop/retail.toml")).unwrap(), "mine");
    assert!(!case.path("shop/README.md").exists());
}

#[test]
fn help_lists_the_commands() {
    let ran = Case::small().call(&["--help"]);
    insta::assert_snapshot!("help", ran.stdout);
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""));
}

#[test]
fn help_of_run_explains_its_options() {
    insta::assert_snapshot!("help_run", Case::small().call(&["run", "--help"]).stdout);
}

#[test]
fn every_command_has_help_with_an_example() {
    let case = Case::small();
    let commands =
        ["new", "validate", "plan", "run", "show", "runs", "release", "discard", "accept", "plugins", "codes"];
    for command in commands {
        let ran = case.call(&[command, "--help"]);
        assert_eq!(ran.status, 0);
        assert!(ran.stdout.contains("Example"), "{command}");
        let widest = ran.stdout.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 80, "{command}: {widest}");
    }
}

#[test]
fn every_shipped_plugin_is_explained() {
    let case = Case::small();
    let list = case.call(&["plugins", "list"]).stdout;
    let names = ["abc", "age_band", "company_size", "kmeans", "nace_section", "needs", "rfm", "settlement"];
    for name in names {
        assert!(list.contains(name), "{name}: {list}");
        let info = case.call(&["plugins", "info", name]);
        assert_eq!(info.status, 0, "{}", info.stderr);
        assert!(info.stdout.contains("input "), "{}", info.stdout);
    }
    insta::assert_snapshot!("plugins_info_kmeans", case.call(&["plugins", "info", "kmeans"]).stdout);
    case.call(&["plugins", "info", "kmean"]).expect(1, "there are abc, age_band");
}

#[test]
fn codes_are_explained() {
    let case = Case::small();
    case.call(&["codes"]).expect(0, "S102  unknown-key");
    case.call(&["codes", "unknown-key"]).expect(0, "S102 unknown-key");
    case.call(&["codes", "S999"]).expect(1, "no diagnostic has the code `S999`");
}
