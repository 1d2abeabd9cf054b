//! Host structs other than this program's own, to see what a library makes of them.

use segmenta_plugin_abi::{ABI_VERSION, SegHost};
use serde::{Deserialize, Serialize};

use crate::system;

/// A host that a library was not built against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum HostShape {
    /// Of ABI 0.9, before the contract. A library may refuse it.
    Older,
    /// Of the last minor version that this major can have.
    Newer,
    /// Without the last member of the struct; nothing readable follows. A library may refuse it.
    Shorter,
    /// With another member at the end of the struct.
    Longer,
}

impl HostShape {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Older, Self::Newer, Self::Shorter, Self::Longer];

    /// Whether a library may refuse to start under such a host.
    pub fn may_be_refused(self) -> bool {
        matches!(self, Self::Older | Self::Shorter)
    }

    /// What to call it in a report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Older => "older-host",
            Self::Newer => "newer-host",
            Self::Shorter => "shorter-host",
            Self::Longer => "longer-host",
        }
    }

    fn abi_version(self) -> u32 {
        match self {
            Self::Older => 9,
            Self::Newer => ABI_VERSION | 0xffff,
            Self::Shorter | Self::Longer => ABI_VERSION,
        }
    }

    /// Members that are there, in bytes.
    fn size(self) -> usize {
        match self {
            Self::Shorter => size_of::<SegHost>() - size_of::<usize>(),
            Self::Longer => size_of::<SegHost>() + size_of::<usize>(),
            Self::Older | Self::Newer => size_of::<SegHost>(),
        }
    }
}

/// A struct of this shape with the functions of `host`, at the end of its page. `None` if there is no
/// memory.
pub(super) fn shaped(host: &SegHost, shape: HostShape) -> Option<*const SegHost> {
    let host = SegHost { struct_size: u32::try_from(shape.size()).ok()?, abi_version: shape.abi_version(), ..*host };
    let words = size_of::<SegHost>() / size_of::<usize>();
    // SAFETY: the struct consists of words without gaps, and lives until the end of this function.
    let mut bytes = unsafe { std::slice::from_raw_parts(std::ptr::from_ref(&host).cast::<usize>(), words) }.to_vec();
    bytes.resize(shape.size() / size_of::<usize>(), 0);
    system::before_guard(&bytes).map(<*const usize>::cast)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_states_its_own_size_and_keeps_the_functions() {
        let owner = crate::running::Owner::of("shaped", "1");
        // SAFETY: it is never freed.
        let own = unsafe { &*super::super::host::functions(owner) };
        for shape in HostShape::ALL {
            let made = shaped(own, shape).unwrap();
            // SAFETY: every shape has this member.
            let size = unsafe { (*made).struct_size } as usize;
            // SAFETY: as above.
            let version = unsafe { (*made).abi_version };
            assert_eq!((size, version >> 16), (shape.size(), u32::from(shape != HostShape::Older)));
            // SAFETY: every shape has this member.
            assert_eq!(unsafe { (*made).poll }.map(|f| f as usize), own.poll.map(|f| f as usize));
        }
    }
}
