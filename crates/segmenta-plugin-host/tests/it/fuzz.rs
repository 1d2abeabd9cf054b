//! Hostile bytes against every reader: a library's note and headers, `describe`, arrays, models. Kept
//! corpora are replayed always; mutations of them are tried for `SEGMENTA_FUZZ_SECONDS`.
#![expect(unsafe_code, reason = "arrays are spoiled in terms of raw pointers")]

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema};
use arrow_array::{Array, ArrayRef, Int64Array, StringArray, StructArray};
use segmenta_plugin_host::{LibraryFile, Linked, Registry, Tenancy, envelope};
use segmenta_plugin_sdk::abi::{
    ArrowArray, ArrowSchema, SegBuf, SegCall, SegError, SegHost, SegInstance, SegModel, SegPlugin, SegStatus,
};
use serde_json::json;

use crate::hostile::{NOTE, TABLE, fields};
use crate::{assert_still_works, bound, fixture, integers};

/// Tries every kept input, and mutations of them until the time is up.
fn fuzz(name: &str, mut target: impl FnMut(&[u8])) {
    let corpus = corpus(name);
    for input in &corpus {
        target(input);
    }
    let seconds = std::env::var("SEGMENTA_FUZZ_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let end = Instant::now() + Duration::from_secs_f64(seconds);
    // What was tried when the process died is still there, to be added to the corpus.
    let last = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
    let (mut random, mut tried) = (Random(0x9e37_79b9_7f4a_7c15), 0_u64);
    while Instant::now() < end {
        let input = mutated(&corpus, &mut random);
        fs::write(&last, &input).unwrap();
        target(&input);
        tried += 1;
    }
    assert_still_works();
    println!("{name}: {} kept inputs, {tried} mutations", corpus.len());
}

/// The kept inputs, in the order of their names.
fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let mut paths: Vec<PathBuf> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort_unstable();
    assert!(!paths.is_empty());
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Marsaglia's xorshift: the same mutations on every machine.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// One of the inputs with one to eight changes.
fn mutated(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut bytes = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(8) {
        let at = random.below(bytes.len() + 1);
        match random.below(7) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next() as u8),
            2 => {
                let other = &corpus[random.below(corpus.len())];
                let from = random.below(other.len());
                let part = other[from..(from + random.below(32)).min(other.len())].to_vec();
                bytes.splice(at..at, part);
            }
            3 => {
                let odd = [0, 1, 0x7f, 0x80, 0xff, u64::from(u32::MAX), i64::MAX as u64, u64::MAX];
                let odd = odd[random.below(odd.len())].to_le_bytes();
                let width = 1 << random.below(4);
                for (byte, new) in bytes[at..].iter_mut().zip(&odd[..width]) {
                    *byte = *new;
                }
            }
            4 if at < bytes.len() => {
                bytes.remove(at);
            }
            _ if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ => {}
        }
    }
    bytes
}

#[test]
fn mutated_libraries_are_judged_without_a_crash() {
    fuzz("library", |bytes| {
        let file = LibraryFile::from_bytes(Path::new("fuzzed.so"), bytes.to_vec());
        let (inspected, checked) = (file.inspect(), file.check(Tenancy::Shared));
        assert!(inspected.is_ok() || checked.is_err());
    });
}

#[test]
fn mutated_models_are_refused_or_read() {
    let registry = Registry::new(&[fixture::linked()]).unwrap();
    let rows = integers("x", vec![Some(1)]);
    let above = bound(&registry, "above", &json!({}), &rows).unwrap();
    fuzz("model", |bytes| {
        if let Ok((header, payload)) = envelope::unwrap(bytes) {
            let _ = above.accepts(&header);
            let _ = above.load_model(payload);
        }
        if let Ok(model) = above.load_model(bytes) {
            model.describe().unwrap();
            above.apply(Some(&model), &rows).unwrap();
        }
    });
}

thread_local! {
    /// What the plugins below read.
    static INPUT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

unsafe extern "C" fn describe(json: *mut SegBuf, _: *mut SegError) -> SegStatus {
    let document = INPUT.with_borrow(Clone::clone);
    // SAFETY: the host hands in a place for a buffer.
    unsafe { json.write(SegBuf::from_vec(document)) };
    SegStatus::OK
}

unsafe extern "C" fn describing(_: *const SegHost, _: *mut SegError) -> *const SegPlugin {
    static DESCRIBING: SegPlugin = SegPlugin { describe: Some(describe), ..TABLE };
    &DESCRIBING
}

#[test]
fn mutated_descriptions_are_refused_or_read() {
    fuzz("describe", |bytes| {
        INPUT.set(bytes.to_vec());
        match Registry::new(&[Linked { note: &NOTE, entry: describing }]) {
            Err(error) => assert!(["bad-describe", "duplicate-criterion"].contains(&error.code()), "{error}"),
            Ok(registry) => {
                let names: Vec<String> = registry.criteria().map(|info| info.name.clone()).collect();
                for name in names {
                    let _ = registry.check_params(&name, &json!({"case": "a", "p": [1, {"q": null}]}));
                }
            }
        }
    });
}

/// Room behind every buffer, so that small lies about lengths stay within it.
const ROOM: usize = 64;

unsafe extern "C" fn apply(
    _: *const SegInstance,
    _: *const SegModel,
    _: *const SegCall,
    _: *mut ArrowArray,
    out: *mut ArrowArray,
    out_schema: *mut ArrowSchema,
    _: *mut SegError,
) -> SegStatus {
    let label: ArrayRef = Arc::new(StringArray::from(vec![Some("a"); ROOM]));
    let score: ArrayRef = Arc::new(Int64Array::from(vec![1; ROOM]));
    let rows = StructArray::new(fields(), vec![label.slice(0, 3), score.slice(0, 3)], None);
    // SAFETY: the host hands in an empty struct; both types are the same C struct.
    unsafe { out_schema.cast::<FFI_ArrowSchema>().write(FFI_ArrowSchema::try_from(rows.data_type()).unwrap()) };
    let mut array = FFI_ArrowArray::new(&rows.to_data());
    let raw: *mut ArrowArray = std::ptr::from_mut(&mut array).cast();
    INPUT.with_borrow(|program| {
        program.chunks_exact(3).for_each(|step| {
            // SAFETY: arrow-rs made the tree, and nothing else refers to it.
            unsafe { spoil(raw, step) };
        })
    });
    // SAFETY: the host hands in an empty struct.
    unsafe { out.cast::<FFI_ArrowArray>().write(array) };
    SegStatus::OK
}

/// Sets one member of one array: which array, which member, to what. Numbers are small, negative or
/// huge: what lies between would be a pointer out of bounds, which nobody can notice.
///
/// # Safety
/// `rows` is a struct of two columns that arrow-rs made.
unsafe fn spoil(rows: *mut ArrowArray, step: &[u8]) {
    let number = match step[2] {
        small @ 0..=16 => i64::from(small),
        17..=99 => -i64::from(step[2]),
        100..=199 => i64::MAX - i64::from(step[2]),
        _ => i64::MIN + i64::from(step[2]),
    };
    // SAFETY: the caller vouches for the struct.
    let columns = unsafe { (*rows).children };
    let which = usize::from(step[0] % 3);
    let array = match which {
        0 => rows,
        // SAFETY: the caller vouches for two children.
        _ => unsafe { columns.wrapping_add(which - 1).read() },
    };
    // SAFETY: the caller vouches for the tree.
    let array = unsafe { &mut *array };
    match step[1] % 8 {
        0 => array.length = number,
        1 => array.null_count = number,
        2 => array.offset = number,
        3 if which > 0 => array.n_buffers = number.min(array.n_buffers),
        4 => array.buffers = std::ptr::null_mut(),
        5 => array.dictionary = rows,
        6 => array.null_count = -1,
        _ => {}
    }
}

unsafe extern "C" fn spoiling(_: *const SegHost, _: *mut SegError) -> *const SegPlugin {
    static SPOILING: SegPlugin = SegPlugin { apply: Some(apply), ..TABLE };
    &SPOILING
}

#[test]
fn spoiled_arrays_are_refused_or_read() {
    let registry = Registry::new(&[Linked { note: &NOTE, entry: spoiling }]).unwrap();
    let rows = integers("x", vec![Some(1), Some(2), Some(3)]);
    let instance = bound(&registry, "hostile", &json!({"case": "fuzz"}), &rows).unwrap();
    fuzz("arrays", |program| {
        INPUT.set(program.to_vec());
        match instance.apply(None, &rows) {
            Err(error) => assert_eq!(error.code(), "bad-output", "{error}"),
            Ok(written) => assert_eq!(written.num_rows(), 3),
        }
    });
}
