//! Whether the descriptors of the process are still its own.
//!
//! A plugin that closes all of them, as a program does that goes into the background, closes the files
//! that a run writes. What is opened next gets their numbers.

use std::io::PipeReader;
use std::sync::OnceLock;

/// A descriptor that nobody uses, and what tells it from every other file.
static OURS: OnceLock<Option<(PipeReader, u64)>> = OnceLock::new();

/// Opens the descriptor that is looked at. Without one, [`are_ours`] always says yes.
pub(super) fn mark() {
    OURS.get_or_init(|| {
        let (reader, _) = std::io::pipe().ok()?;
        let number = inode(&reader)?;
        Some((reader, number))
    });
}

/// Whether the descriptor that was opened is still the same file.
pub(super) fn are_ours() -> bool {
    OURS.get().and_then(Option::as_ref).is_none_or(|(reader, number)| inode(reader) == Some(*number))
}

fn inode(reader: &PipeReader) -> Option<u64> {
    rustix::fs::fstat(reader).ok().map(|file| file.st_ino)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_descriptors_are_not_taken_for_each_other() {
        let ((first, _one), (second, _other)) = (std::io::pipe().unwrap(), std::io::pipe().unwrap());
        assert_eq!(inode(&first), inode(&first));
        assert_ne!(inode(&first), inode(&second));
        assert!(are_ours());
    }
}
