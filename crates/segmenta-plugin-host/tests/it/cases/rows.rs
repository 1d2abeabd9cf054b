//! The account of the hard cases of the plugin contract, by row.

use super::all;

/// How a row is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum How {
    /// By entries of the cases with its id.
    Cases,
    /// By these tests of this program, and entries of the cases if there are some.
    Tests(&'static [&'static str]),
    /// By tests of another part of the workspace.
    Elsewhere(&'static str),
    /// Not held, and why.
    LeftOut(&'static str),
}
use How::{Cases, Elsewhere, LeftOut, Tests};

const CHECK: &str = "segmenta-plugin-check";
const PROCESS: &str = "src/process, tests/it/process";
const ABI: &str = "segmenta-plugin-abi";

/// Every row, in the order of the contract.
pub(crate) const ROWS: [(&str, How); 96] = [
    (
        "L01",
        Tests(&[
            "what_is_no_file_is_not_read",
            "what_is_no_library_is_refused_before_any_of_it_runs",
            "a_pipe_does_not_hang",
        ]),
    ),
    (
        "L02",
        Tests(&[
            "broken_headers_are_no_library",
            "a_sparse_file_of_4_gib_is_too_large",
            "mutated_libraries_are_judged_without_a_crash",
        ]),
    ),
    ("L03", Tests(&["libraries_for_other_machines_and_systems_are_named"])),
    ("L04", Tests(&["names_of_pipeline_and_manifest_must_be_the_librarys"])),
    ("L05", Cases),
    ("L06", Cases),
    ("L07", Cases),
    ("L08", Tests(&["a_newer_c_library_is_asked_for_by_version"])),
    ("L09", Cases),
    ("L10", Cases),
    ("L11", Cases),
    ("L12", Tests(&["libraries_with_equal_symbols_use_their_own"])),
    (
        "L13",
        Tests(&[
            "one_file_is_one_plugin_and_two_builds_are_an_error",
            "sixty_four_libraries_live_in_one_process_and_two_versions_do_not",
        ]),
    ),
    ("L14", Tests(&["a_library_that_is_overwritten_while_loaded_goes_on", "what_was_read_is_what_runs"])),
    ("L15", Tests(&["what_is_not_the_agreed_library_is_refused_before_it_runs"])),
    ("L16", Cases),
    ("L17", LeftOut("needs compilers and releases of Arrow other than the ones that build this workspace")),
    ("L18", Elsewhere(ABI)),
    ("D01", Cases),
    ("D02", Cases),
    ("D03", Cases),
    ("D04", Cases),
    ("D05", Tests(&["an_instance_that_was_bound_wrongly_is_destroyed_once"])),
    ("D06", Tests(&["wrong_options_never_reach_the_plugin", "every_wrong_option_is_reported_by_its_pointer"])),
    ("D07", Cases),
    ("A01", Cases),
    ("A02", Cases),
    ("A03", Cases),
    ("A04", Cases),
    ("A05", Cases),
    ("A06", Cases),
    ("A07", Cases),
    ("A08", Cases),
    ("A09", Cases),
    ("A10", Cases),
    ("A11", Cases),
    ("A12", Cases),
    ("A13", Cases),
    ("A14", Cases),
    ("A15", Tests(&["rows_outlive_the_instance_and_are_released_elsewhere"])),
    ("A16", Cases),
    ("A17", Cases),
    ("X01", Tests(&["batches_without_rows_may_come_at_any_time", "zero_rows_give_zero_rows_of_the_same_schema"])),
    ("X02", Tests(&["sliced_rows_give_the_same_labels"])),
    (
        "X03",
        Tests(&[
            "every_layout_of_the_same_integers_gives_the_same_rows",
            "types_that_would_lose_something_are_refused_when_bound",
        ]),
    ),
    ("X04", LeftOut("text is decoded and batches are cut before the plugin host sees them")),
    ("X05", Tests(&["only_the_columns_that_are_read_cross"])),
    ("X06", Elsewhere("the tests of plugins/*")),
    ("P01", Tests(&["a_panic_becomes_an_error_with_its_place_and_poisons_the_instance_only"])),
    ("P02", Tests(&["a_panic_becomes_an_error_with_its_place_and_poisons_the_instance_only"])),
    ("P03", Tests(&["a_panic_on_the_plugins_own_thread_or_under_its_lock_is_an_error"])),
    ("P04", Cases),
    ("P05", Cases),
    ("P06", Cases),
    ("P07", Cases),
    ("P08", Cases),
    ("P09", Cases),
    ("R01", Cases),
    ("R02", Cases),
    ("R03", Cases),
    ("R04", Cases),
    ("R05", Cases),
    ("R06", Cases),
    ("R07", Elsewhere(CHECK)),
    ("T01", Elsewhere(CHECK)),
    ("T02", Cases),
    ("T03", LeftOut("a fit moves between threads only where the plugin's own tests do so")),
    ("T04", Cases),
    ("T05", Elsewhere(CHECK)),
    ("T06", LeftOut("the host has no pool of its own, calls run on the caller's")),
    ("F01", Tests(&["rows_may_be_in_any_leaf"])),
    ("F02", Tests(&["partials_merge_in_any_order_and_empty_ones_change_nothing"])),
    ("F03", Tests(&["partials_merge_in_any_order_and_empty_ones_change_nothing"])),
    ("F04", Elsewhere(CHECK)),
    ("F05", Tests(&["partials_that_are_none_are_refused"])),
    ("F06", Cases),
    ("F07", Tests(&["a_pass_ends_once"])),
    (
        "F08",
        Tests(&[
            "hostile_model_bytes_are_refused_or_read_but_never_crash",
            "hostile_model_bytes_end_in_an_error_of_the_model",
        ]),
    ),
    ("F09", Tests(&["a_stored_model_is_accepted_for_equal_options_and_columns_only"])),
    ("F10", Tests(&["a_model_depends_on_the_leaves_and_not_on_threads"])),
    ("F11", LeftOut("models are stored and fits resumed by the engine")),
    ("F12", Tests(&["a_hundred_thousand_leaves_are_one_model"])),
    ("I01", Elsewhere(PROCESS)),
    ("I02", Elsewhere(PROCESS)),
    ("I03", Elsewhere(PROCESS)),
    ("I04", Elsewhere(PROCESS)),
    ("I05", Elsewhere(PROCESS)),
    ("I06", Elsewhere(PROCESS)),
    ("E01", LeftOut("there are no remote executors yet")),
    ("E02", LeftOut("there are no remote executors yet")),
    ("E03", LeftOut("there are no remote executors yet")),
    ("V01", Elsewhere(ABI)),
    ("V02", Elsewhere(ABI)),
    ("V03", Elsewhere(ABI)),
    ("V04", LeftOut("there is one version of the document; D04 reads one of the future")),
    ("V05", LeftOut("no plugin was released yet, so there are no old models")),
];

/// Where the tests are that rows name.
const SOURCES: [&str; 8] = [
    include_str!("../calls.rs"),
    include_str!("../files.rs"),
    include_str!("../fits.rs"),
    include_str!("../fuzz.rs"),
    include_str!("../gate.rs"),
    include_str!("../hostile.rs"),
    include_str!("../incoming.rs"),
    include_str!("../loading.rs"),
];

#[test]
fn every_row_is_accounted_for() {
    let has_case = |id: &str| all().any(|case| case.row == id);
    let has_test = |name: &&str| SOURCES.iter().any(|source| source.contains(&format!("fn {name}()")));
    let mut here = 0;
    for (id, how) in ROWS {
        match how {
            Cases => assert!(has_case(id), "{id} has no case"),
            Tests(names) => {
                let missing = names.iter().find(|name| !has_test(name));
                assert!(missing.is_none(), "{id} names `{}`, which is no test", missing.unwrap());
            }
            Elsewhere(_) | LeftOut(_) => assert!(!has_case(id), "{id} has a case and is not counted"),
        }
        here += usize::from(matches!(how, Cases | Tests(_)));
    }
    let unknown = all().find(|case| ROWS.iter().all(|(id, _)| *id != case.row));
    assert!(unknown.is_none(), "{unknown:?} has no row");
    let elsewhere = ROWS.iter().filter(|(_, how)| matches!(how, Elsewhere(_))).count();
    println!("rows covered: {here} of {}, by {} cases; {elsewhere} are held elsewhere", ROWS.len(), all().count());
    for (id, how) in ROWS {
        if let LeftOut(why) = how {
            println!("{id} left out: {why}");
        }
    }
    assert!(here >= 71, "{here}");
}
