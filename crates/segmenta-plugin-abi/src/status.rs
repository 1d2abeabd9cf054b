//! Result codes.

/// Result of a call; a code this build does not know means the same as [`SegStatus::INTERNAL`].
#[repr(transparent)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegStatus(pub i32);

impl SegStatus {
    /// It worked.
    pub const OK: Self = Self(0);
    /// Parameters refused.
    pub const PARAMS: Self = Self(1);
    /// The input columns do not fit.
    pub const SCHEMA: Self = Self(2);
    /// A value cannot be processed.
    pub const DATA: Self = Self(3);
    /// Model or partial bytes unreadable, or of an unknown format.
    pub const MODEL: Self = Self(4);
    /// The object is not in a state for this call.
    pub const STATE: Self = Self(5);
    /// Not offered by this plugin.
    pub const UNSUPPORTED: Self = Self(6);
    /// Memory or another budget was refused.
    pub const RESOURCE: Self = Self(7);
    /// The host asked to stop.
    pub const CANCELLED: Self = Self(8);
    /// The time budget is used up.
    pub const TIMEOUT: Self = Self(9);
    /// Reading or writing failed.
    pub const IO: Self = Self(10);
    /// A mistake of the plugin.
    pub const INTERNAL: Self = Self(11);
    /// A panic or exception was caught; the object refuses more calls.
    pub const PANIC: Self = Self(12);

    /// Stable name of the code, as error records carry it.
    pub fn name(self) -> &'static str {
        match self {
            Self::OK => "ok",
            Self::PARAMS => "params",
            Self::SCHEMA => "schema",
            Self::DATA => "data",
            Self::MODEL => "model",
            Self::STATE => "state",
            Self::UNSUPPORTED => "unsupported",
            Self::RESOURCE => "resource",
            Self::CANCELLED => "cancelled",
            Self::TIMEOUT => "timeout",
            Self::IO => "io",
            Self::PANIC => "panic",
            _ => "internal",
        }
    }
}
