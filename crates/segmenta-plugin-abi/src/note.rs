//! The note: what a library says about itself before any of its code runs.

use std::mem::{offset_of, size_of};

use crate::EntryFn;

/// First bytes of every note.
pub const NOTE_MAGIC: [u8; 8] = *b"SEGPLUG\0";

/// Plain data, found in the file by its symbol; texts are padded with NUL.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct SegAbiNote {
    /// [`NOTE_MAGIC`].
    pub magic: [u8; 8],
    /// Size of this struct in the plugin's build.
    pub note_size: u32,
    /// The oldest host the library can run on.
    pub abi_version: u32,
    /// As in the table.
    pub flags: u64,
    /// Plugin name, `[a-z0-9_-]`.
    pub name: [u8; 64],
    /// Semantic version of the plugin.
    pub version: [u8; 32],
    /// Target triple.
    pub target: [u8; 64],
    /// What it was built with, for people.
    pub sdk: [u8; 64],
    /// Processor features it needs, comma-separated.
    pub cpu: [u8; 256],
}

/// A plugin that is part of the program: the same note and entry that a library file exports.
#[derive(Clone, Copy, Debug)]
pub struct Linked {
    /// Who it is.
    pub note: &'static SegAbiNote,
    /// Gives its table.
    pub entry: EntryFn,
}

assert_layout!(
    SegAbiNote,
    504,
    [
        magic = 0,
        note_size = 8,
        abi_version = 12,
        flags = 16,
        name = 24,
        version = 88,
        target = 120,
        sdk = 184,
        cpu = 248
    ]
);

impl SegAbiNote {
    /// A note of this ABI version and target.
    ///
    /// # Panics
    /// When a text does not fit its field with a NUL behind it; in a constant that is a compile error.
    pub const fn new(name: &str, version: &str, sdk: &str, cpu: &str, flags: u64) -> Self {
        Self {
            magic: NOTE_MAGIC,
            note_size: size_of::<Self>() as u32,
            abi_version: crate::ABI_VERSION,
            flags,
            name: padded(name),
            version: padded(version),
            target: padded(crate::TARGET),
            sdk: padded(sdk),
            cpu: padded(cpu),
        }
    }

    /// The same note for a library that runs on hosts from `abi_version` on.
    #[must_use]
    pub const fn asking_for(self, abi_version: u32) -> Self {
        Self { abi_version, ..self }
    }

    /// Reads a note from the bytes of a file; `None` if they are fewer than the struct.
    /// The magic is not compared here.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        Some(Self {
            magic: field(bytes, offset_of!(Self, magic))?,
            note_size: u32::from_ne_bytes(field(bytes, offset_of!(Self, note_size))?),
            abi_version: u32::from_ne_bytes(field(bytes, offset_of!(Self, abi_version))?),
            flags: u64::from_ne_bytes(field(bytes, offset_of!(Self, flags))?),
            name: field(bytes, offset_of!(Self, name))?,
            version: field(bytes, offset_of!(Self, version))?,
            target: field(bytes, offset_of!(Self, target))?,
            sdk: field(bytes, offset_of!(Self, sdk))?,
            cpu: field(bytes, offset_of!(Self, cpu))?,
        })
    }
}

/// Text of a NUL-padded field; `None` if it is not UTF-8 or has no NUL.
pub fn text(padded: &[u8]) -> Option<&str> {
    let end = padded.iter().position(|byte| *byte == 0)?;
    std::str::from_utf8(&padded[..end]).ok()
}

const fn padded<const N: usize>(text: &str) -> [u8; N] {
    let text = text.as_bytes();
    assert!(text.len() < N, "the text does not fit its field of the note");
    let mut field = [0; N];
    let mut at = 0;
    while at < text.len() {
        field[at] = text[at];
        at += 1;
    }
    field
}

fn field<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at + N)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_survives_its_bytes() {
        let note = SegAbiNote::new("rfm", "1.2.3", "sdk", "avx2", 5);
        let mut bytes = Vec::new();
        bytes.extend(note.magic);
        bytes.extend(note.note_size.to_ne_bytes());
        bytes.extend(note.abi_version.to_ne_bytes());
        bytes.extend(note.flags.to_ne_bytes());
        bytes.extend(note.name);
        bytes.extend(note.version);
        bytes.extend(note.target);
        bytes.extend(note.sdk);
        bytes.extend(note.cpu);
        assert_eq!(bytes.len(), 504);
        let read = SegAbiNote::read(&bytes).unwrap();
        assert_eq!(text(&read.name), Some("rfm"));
        assert_eq!(text(&read.cpu), Some("avx2"));
        assert_eq!((read.note_size, read.abi_version, read.flags), (504, 0x1_0000, 5));
        assert!(SegAbiNote::read(&bytes[..503]).is_none());
    }

    #[test]
    fn a_field_without_nul_is_no_text() {
        assert_eq!(text(b"abc"), None);
        assert_eq!(text(b"\xff\0"), None);
        assert_eq!(text(b"\0"), Some(""));
    }
}
