//! Checks of a plugin's note, the same for files and for what is linked in.

use segmenta_plugin_abi::note::text;
use segmenta_plugin_abi::table::KNOWN_FLAGS;
use segmenta_plugin_abi::{ABI_MAJOR, ABI_VERSION, NOTE_MAGIC, SegAbiNote};

use crate::{Error, Result, cpu};

/// What is taken from a note once it is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) target: String,
}

/// Whether a note is one and its name can be used; `origin` is how messages call the plugin.
///
/// # Errors
/// [`Error::BadNote`].
pub(crate) fn check_form(note: &SegAbiNote, origin: &str) -> Result<()> {
    let bad = |problem: &str| Err(Error::BadNote { plugin: origin.to_owned(), problem: problem.to_owned() });
    if note.magic != NOTE_MAGIC {
        return bad("it does not start with `SEGPLUG`");
    }
    if !text(&note.name).is_some_and(is_plugin_name) {
        return bad("its name is not of lower-case letters, digits, `_` and `-`");
    }
    Ok(())
}

/// Checks a note for this program and processor.
///
/// # Errors
/// [`Error::BadNote`], [`Error::AbiTooNew`], [`Error::AbiTooOld`], [`Error::Cpu`].
pub(crate) fn check(note: &SegAbiNote, origin: &str) -> Result<Note> {
    let bad = |problem: &str| Error::BadNote { plugin: origin.to_owned(), problem: problem.to_owned() };
    check_form(note, origin)?;
    check_version(note.abi_version, origin)?;
    if (note.note_size as usize) < size_of::<SegAbiNote>() {
        return Err(bad("it is cut short"));
    }
    let field = |bytes| text(bytes).ok_or_else(|| bad("a text in it does not end or is not UTF-8"));
    let (name, version, cpu) = (field(&note.name)?, field(&note.version)?, field(&note.cpu)?);
    if note.flags & !KNOWN_FLAGS != 0 {
        return Err(bad("it has flags that this program does not know"));
    }
    let missing = cpu::missing(cpu);
    if !missing.is_empty() {
        return Err(Error::Cpu { plugin: origin.to_owned(), missing });
    }
    let target = field(&note.target)?;
    Ok(Note { name: name.to_owned(), version: version.to_owned(), target: target.to_owned() })
}

fn check_version(found: u32, origin: &str) -> Result<()> {
    let (plugin, expected) = (origin.to_owned(), ABI_VERSION);
    if found >> 16 < ABI_MAJOR {
        return Err(Error::AbiTooOld { plugin, found, expected });
    }
    if found > ABI_VERSION {
        return Err(Error::AbiTooNew { plugin, found, expected });
    }
    Ok(())
}

fn is_plugin_name(name: &str) -> bool {
    let allowed = |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-');
    !name.is_empty() && name.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note() -> SegAbiNote {
        SegAbiNote::new("p", "1.0.0", "", "", 0)
    }

    fn code(note: &SegAbiNote) -> &'static str {
        check(note, "p").unwrap_err().code()
    }

    #[test]
    fn each_wrong_note_has_its_own_code() {
        assert_eq!(check(&note(), "p").unwrap().name, "p");
        assert_eq!(code(&SegAbiNote { magic: *b"SEGPLUX\0", ..note() }), "bad-note");
        assert_eq!(code(&SegAbiNote { note_size: 503, ..note() }), "bad-note");
        assert_eq!(code(&SegAbiNote { abi_version: 2 << 16, ..note() }), "abi-too-new");
        assert_eq!(code(&SegAbiNote { abi_version: (1 << 16) | 99, ..note() }), "abi-too-new");
        assert_eq!(code(&SegAbiNote { abi_version: 7, ..note() }), "abi-too-old");
        assert_eq!(code(&SegAbiNote { flags: 1 << 40, ..note() }), "bad-note");
        assert_eq!(code(&SegAbiNote::new("P q", "1", "", "", 0)), "bad-note");
        assert_eq!(code(&SegAbiNote { name: [b'a'; 64], ..note() }), "bad-note");
        assert_eq!(code(&SegAbiNote::new("p", "1", "", "sse3,warp9", 0)), "cpu");
    }
}
