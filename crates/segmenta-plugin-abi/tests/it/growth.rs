//! A header may only grow as its rules say: compared with the one of ABI 1.0.

use crate::cc::folder;
use crate::members::Header;

/// Structs that never change at all. The others start with their size, the note with its magic and size.
const FROZEN: [&str; 5] = ["seg_str", "seg_bytes", "seg_buf", "ArrowSchema", "ArrowArray"];

/// What of `new` breaks a library or host built with `old`.
fn breaks(old: &Header, new: &Header) -> Vec<String> {
    let mut broken = Vec::new();
    for (name, members) in &old.structs {
        let Some(now) = new.structs.get(name) else {
            broken.push(format!("struct `{name}` is gone"));
            continue;
        };
        let frozen = FROZEN.contains(&name.as_str());
        if now.len() < members.len() || now[..members.len()] != members[..] {
            broken.push(format!("struct `{name}` is not the old one with more at its end"));
        } else if frozen && now.len() > members.len() {
            broken.push(format!("struct `{name}` is frozen"));
        }
    }
    for (name, value) in &old.constants {
        let may_change = ["SEG_ABI_MINOR", "SEG_PLUGIN_H"].contains(&name.as_str());
        if !may_change && new.constants.get(name) != Some(value) {
            broken.push(format!("constant `{name}` is not `{value}`"));
        }
    }
    let gone = old.types.iter().filter(|declaration| !new.types.contains(declaration));
    broken.extend(gone.map(|declaration| format!("`{declaration}` is gone")));
    broken
}

fn released() -> String {
    std::fs::read_to_string(folder("tests/fixtures/seg_plugin_1_0.h")).unwrap()
}

#[test]
fn the_header_is_that_of_1_0_with_additions() {
    let now = std::fs::read_to_string(folder("include/seg_plugin.h")).unwrap();
    let (old, new) = (Header::read(&released()), Header::read(&now));
    assert_eq!(old.structs.len(), 10);
    assert_eq!((old.structs["seg_plugin"].len(), old.structs["seg_host"].len()), (17, 10));
    assert_eq!(old.structs["seg_abi_note"].len(), 9);
    assert_eq!(breaks(&old, &new), [""; 0]);
}

#[test]
fn every_other_change_is_found() {
    let old = Header::read(&released());
    let changed = |from: &str, to: &str| {
        let text = released();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        breaks(&old, &Header::read(&text.replace(from, to)))
    };
    let apart = "struct `seg_call` is not the old one with more at its end";
    assert_eq!(changed("  uint64_t seed; ", "  uint64_t epoch; uint64_t seed; "), [apart]);
    assert_eq!(changed("  uint64_t seed; ", "  int64_t seed; "), [apart]);
    assert_eq!(changed("  uint64_t seed; ", ""), [apart]);
    assert_eq!(changed("  uint64_t seed; ", "  uint64_t salt; "), [apart]);
    let table = "struct `seg_plugin` is not the old one with more at its end";
    assert_eq!(changed("seg_model** out, seg_error* err);", "seg_model** out);"), [table]);
    assert_eq!(changed("#define SEG_E_STATE        5", "#define SEG_E_STATE        50").len(), 1);
    assert_eq!(changed("#define SEG_FIT_AGAIN 1u", "").len(), 1);
    assert_eq!(changed("typedef int32_t seg_status;", "typedef int64_t seg_status;").len(), 1);
    assert_eq!(changed("uint64_t len; } seg_str;", "uint64_t len; int x; } seg_str;"), ["struct `seg_str` is frozen"]);
    assert_eq!(changed("} seg_plugin;", "  int32_t more; } seg_plugin;"), [""; 0]);
    assert_eq!(changed("#define SEG_ABI_MINOR 0u", "#define SEG_ABI_MINOR 1u"), [""; 0]);
    assert_eq!(changed("#define SEG_LOG_TRACE 5", "#define SEG_LOG_TRACE 5\n#define SEG_LOG_ALL 6"), [""; 0]);
}
