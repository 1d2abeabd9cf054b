//! `export_plugin!`.

/// Makes a library of criteria: the note, the C table, the entry function, and `linked()` for programs
/// that have the plugin built in. Goes at the root of the crate, once.
///
/// ```text
/// export_plugin!(vip, Rfm);
/// ```
///
/// Each criterion is a function with [`criterion`](macro@crate::criterion) before it, or a type that
/// implements [`Criterion`](crate::Criterion) or [`Fitted`](crate::Fitted). Name and version are those
/// of the package; they can be given, and a kind may stand before each criterion:
///
/// ```text
/// export_plugin!(
///     name = "rfm",
///     version = env!("CARGO_PKG_VERSION"),
///     criteria = [fitted Rfm, criterion RfmFixed],
/// );
/// ```
///
/// A name is lower-case letters, digits, `-` and `_`; one that is given has no `-`, because it ends the
/// names of the exported symbols. Panics must unwind: the crate does not build with `panic = "abort"`.
#[macro_export]
macro_rules! export_plugin {
    (
        name = $name:literal,
        version = $version:expr,
        criteria = [$($criterion:ty),+ $(,)?] $(,)?
    ) => {
        $crate::export_plugin!(
            @library $name, $name, $version, [$($crate::library::entry::<$criterion, _>()),+]
        );
    };
    (
        name = $name:literal,
        version = $version:expr,
        criteria = [$($kind:ident $criterion:ty),+ $(,)?] $(,)?
    ) => {
        $crate::export_plugin!(
            @library $name, $name, $version, [$($crate::library::$kind::<$criterion>()),+]
        );
    };
    (@library $suffix:expr, $name:expr, $version:expr, $criteria:expr) => {
        #[cfg(panic = "abort")]
        compile_error!("a plugin must be built with panic = \"unwind\", so that a panic can be caught");

        const _: () = assert!(
            $crate::export::is_plugin_name($name),
            "a plugin's name is lower-case letters, digits, `-` and `_`, a letter first"
        );
        const _: () = assert!(
            $crate::export::is_symbol_of($suffix, $name),
            "the library is not called as its package; give `name`, `version` and `criteria`"
        );

        /// The plugin as part of a program, with the same table that the library exports.
        pub fn linked() -> $crate::abi::Linked {
            $crate::abi::Linked { note: &SEGMENTA_PLUGIN_NOTE, entry: segmenta_plugin_entry }
        }

        struct SegmentaLibrary;

        impl $crate::library::Library for SegmentaLibrary {
            const NAME: &'static str = $name;
            const VERSION: &'static str = $version;
            const LICENSE: &'static str = $crate::export::or_empty(option_env!("CARGO_PKG_LICENSE"));
            const URL: &'static str = $crate::export::or_empty(option_env!("CARGO_PKG_REPOSITORY"));
            const CRITERIA: &'static [$crate::library::Entry] = &$criteria;

            fn host() -> &'static $crate::export::HostSlot {
                &SEGMENTA_PLUGIN_HOST
            }
        }

        static SEGMENTA_PLUGIN_HOST: $crate::export::HostSlot = $crate::export::HostSlot::new();

        static SEGMENTA_PLUGIN_TABLE: $crate::abi::SegPlugin =
            $crate::export::table::<SegmentaLibrary>();

        #[allow(unsafe_code, reason = "the symbol is part of the C contract")]
        #[unsafe(export_name = concat!("seg_plugin_abi_note_", $suffix))]
        #[used]
        static SEGMENTA_PLUGIN_NOTE: $crate::abi::SegAbiNote =
            $crate::export::note::<SegmentaLibrary>();

        #[allow(unsafe_code, reason = "the symbol is part of the C contract")]
        #[unsafe(export_name = concat!("seg_plugin_entry_v1_", $suffix))]
        unsafe extern "C" fn segmenta_plugin_entry(
            host: *const $crate::abi::SegHost,
            error: *mut $crate::abi::SegError,
        ) -> *const $crate::abi::SegPlugin {
            // SAFETY: the host that calls this function vouches for the pointers.
            unsafe { $crate::export::enter(host, error, &SEGMENTA_PLUGIN_HOST, &SEGMENTA_PLUGIN_TABLE) }
        }
    };
    ($($criterion:ty),+ $(,)?) => {
        $crate::export_plugin!(
            @library
            env!("CARGO_CRATE_NAME"),
            env!("CARGO_PKG_NAME"),
            env!("CARGO_PKG_VERSION"),
            [$($crate::library::entry::<$criterion, _>()),+]
        );
    };
}
