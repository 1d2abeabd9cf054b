//! Children that do not keep to the protocol. Each is this test program again, in the part of a child,
//! and leaves a file to show that it came to its bad deed.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::{Array, ArrayRef, Int64Array, StringArray, StructArray};
use arrow_schema::{DataType, Field, Fields};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use super::frame::{Carried, Channel, Frame, Inbox, Part};
use super::lent::Lent;
use super::message::{self, Answer, Ask, Request, Say};
use super::sys::{self, Full};
use super::{Instance, Launcher, Pool, Settings, rows};
use crate::call::At;
use crate::library::LibraryFile;
use crate::{Error, Limits, Result};

const CASE: &str = "SEGMENTA_PRETEND";
const MARK: &str = "SEGMENTA_MARK";

fn inputs() -> Fields {
    vec![Field::new("x", DataType::Int64, true)].into()
}

fn outputs() -> Fields {
    vec![Field::new("label", DataType::Utf8, true)].into()
}

fn numbers(values: Vec<i64>) -> StructArray {
    let column: ArrayRef = Arc::new(Int64Array::from(values));
    StructArray::new(inputs(), vec![column], None)
}

/// More than is put into the packet itself, so that it travels as memory.
fn many() -> StructArray {
    numbers((0..10_000).collect())
}

fn labels(rows: usize) -> StructArray {
    let column: ArrayRef = Arc::new(StringArray::from(vec!["a label of some length"; rows]));
    StructArray::new(outputs(), vec![column], None)
}

/// The child; does nothing when it is run as a test.
#[test]
fn pretend() {
    let Ok(case) = std::env::var(CASE) else {
        return;
    };
    // SAFETY: descriptor 0 is the socket that the runner gave to this process, and nobody else uses it.
    #[allow(unsafe_code, reason = "the child takes over the socket it was started with")]
    let socket = unsafe { OwnedFd::from_raw_fd(0) };
    Pretender { case, channel: Channel::new(socket) }.live();
}

struct Pretender {
    case: String,
    channel: Channel,
}

impl Pretender {
    fn live(&self) -> ! {
        self.at("before-hello");
        let build = if self.is("other-build") { message::BUILD + 1 } else { message::BUILD };
        self.say(&Say::Hello { build, peak: 0 }, None);
        self.at("after-hello");
        let mut inbox = Inbox::<Lent>::new();
        loop {
            let Ok(frame) = inbox.receive(&self.channel) else { sys::leave(7) };
            let request: Request = message::decode(&frame.head).unwrap();
            self.respond(request.number, &request.what, &frame);
        }
    }

    fn respond(&self, number: u64, ask: &Ask, frame: &Frame) {
        match ask {
            Ask::Load(_) => self.answer(number, Answer::Loaded { missing: Vec::new() }, None),
            Ask::Create { .. } => {
                let columns = Part::new(&[&rows::write_columns(&outputs())]).unwrap();
                self.answer(number, Answer::Columns, Some(&columns));
            }
            Ask::Apply { .. } => {
                let rows = rows::read_any(frame.body.as_ref().unwrap(), &inputs()).unwrap();
                self.misbehave(number, rows.len());
            }
            Ask::Goodbye => {
                self.at("goodbye");
                self.answer(number, Answer::Done, None);
                sys::leave(0);
            }
            _ => self.answer(number, Answer::Done, None),
        }
    }

    fn misbehave(&self, number: u64, n_rows: usize) {
        self.at("apply");
        let good = bytes(&labels(n_rows));
        let head = message::encode(&Say::Answer { number, answer: Ok(Answer::Rows), keeps_rows: false });
        match self.case.as_str() {
            "cut-frame" => self.packet(&prefix(&head, 0, [0, 2])[..11], None),
            "half-then-killed" => {
                self.packet(&prefix(&head, 0, [0, 2])[..11], None);
                sys::signal(std::process::id(), libc::SIGKILL);
            }
            "length-0" => self.packet(&[0; 20], None),
            "length-2-63" => self.packet(&prefix(&head, 1 << 63, [0, 0]), None),
            "unknown-type" => self.packet(&prefix(b"\xff\xff\x01", 0, [0, 2]), None),
            "unknown-number" => self.answer(number + 7, Answer::Rows, None),
            "no-body" => self.answer(number, Answer::Rows, None),
            "other-answer" => self.answer(number, Answer::Done, None),
            "hello-again" => self.say(&Say::Hello { build: message::BUILD, peak: 0 }, None),
            "twice" => {
                let body = Part::new(&[&good]).unwrap();
                self.answer(number, Answer::Rows, Some(&body));
                self.answer(number, Answer::Rows, Some(&body));
            }
            "unsealed" => self.memory(&head, good.len() as u64, &memory(&good, SealFlags::empty())),
            "can-shrink" => self.memory(&head, good.len() as u64, &memory(&good, SealFlags::WRITE | SealFlags::GROW)),
            "shorter-memory" => self.memory(&head, good.len() as u64 + 8, &memory(&good, sealed())),
            "no-memory" => self.memory(&head, 64, &File::open("/dev/null").unwrap().into()),
            "never-came" => self.packet(&prefix(&head, good.len() as u64, [0, 3]), None),
            "kept-device" => self.keep(&head, 64, &File::open("/dev/zero").unwrap().into()),
            "kept-shorter" => self.keep(&head, good.len() as u64 + 8, &memory(&good, SealFlags::empty())),
            "kept-huge" => self.keep(&head, 1 << 62, &memory(&good, SealFlags::empty())),
            "kept-hole" => {
                let hole = memfd_create("pretended", MemfdFlags::ALLOW_SEALING).unwrap();
                rustix::fs::ftruncate(&hole, 1 << 20).unwrap();
                self.keep(&head, 1 << 20, &hole);
            }
            "kept-shrinks" => {
                let file = memory(&good, SealFlags::empty());
                self.keep(&head, good.len() as u64, &file);
                rustix::fs::ftruncate(&file, 1_000).unwrap();
            }
            "kept-changes" => self.keep_changing(&head, &good),
            "cut-rows" => self.memory(&head, 1_000, &memory(&good[..1_000], sealed())),
            "columns" => {
                let columns = rows::write_columns(&outputs());
                self.rows(&head, &[&[0xff; 4][..], &(columns.len() as u32).to_le_bytes(), &columns].concat());
            }
            "too-few" => self.rows(&head, &bytes(&labels(n_rows - 1))),
            "other-type" => self.rows(&head, &bytes(&numbers(vec![1; n_rows]))),
            "talks-for-ever" => loop {
                self.say(&Say::Line(message::Line::default()), None);
            },
            _ => self.rows(&head, &good),
        }
    }

    /// Ends the process if this is where the case wants it to end.
    fn at(&self, point: &str) {
        let elsewhere = ["before-hello", "after-hello", "goodbye", "other-build"].contains(&self.case.as_str());
        if self.is(point) || (point == "apply" && !elsewhere) {
            File::create(std::env::var_os(MARK).unwrap()).unwrap();
        }
        if self.is(point) && point != "apply" {
            sys::signal(std::process::id(), libc::SIGKILL);
        }
        if self.case == "exit-0" && point == "apply" {
            sys::leave(0);
        }
    }

    fn is(&self, case: &str) -> bool {
        self.case == case
    }

    fn say(&self, say: &Say, body: Option<&Part>) {
        if self.is("other-build") {
            File::create(std::env::var_os(MARK).unwrap()).unwrap();
        }
        let head = Part::new(&[&message::encode(say)]).unwrap();
        let body = body.map_or(Carried::Nothing, Carried::Part);
        if self.channel.send(&head, body, Full::Wait).is_err() {
            sys::leave(8);
        }
    }

    fn answer(&self, number: u64, answer: Answer, body: Option<&Part>) {
        self.say(&Say::Answer { number, answer: Ok(answer), keeps_rows: false }, body);
    }

    fn rows(&self, head: &[u8], rows: &[u8]) {
        let (head, body) = (Part::new(&[head]).unwrap(), Part::new(&[rows]).unwrap());
        self.channel.send(&head, Carried::Part(&body), Full::Wait).unwrap();
    }

    fn memory(&self, head: &[u8], announced: u64, memory: &OwnedFd) {
        self.packet(&prefix(head, announced, [0, 1]), Some(memory.as_raw_fd()));
    }

    fn keep(&self, head: &[u8], announced: u64, memory: &OwnedFd) {
        self.packet(&prefix(head, announced, [0, 4]), Some(memory.as_raw_fd()));
    }

    /// Flips every byte of the answer, again and again, while the runner reads it.
    fn keep_changing(&self, head: &[u8], good: &[u8]) {
        let file = Arc::new(memory(good, SealFlags::empty()));
        let (changing, good) = (Arc::clone(&file), good.to_vec());
        std::thread::spawn(move || {
            let bad: Vec<u8> = good.iter().map(|byte| byte ^ 0x81).collect();
            for at in (0..good.len()).step_by(7).cycle() {
                for bytes in [&bad, &good] {
                    rustix::io::pwrite(&*changing, &bytes[at..good.len().min(at + 7)], at as u64).unwrap();
                }
            }
        });
        self.keep(head, good_len(&file), &file);
    }

    fn packet(&self, bytes: &[u8], file: Option<RawFd>) {
        let files: Vec<RawFd> = file.into_iter().collect();
        sys::send(self.channel.as_fd(), &[bytes], &files, Full::Wait).unwrap();
    }
}

fn good_len(file: &OwnedFd) -> u64 {
    rustix::fs::fstat(file).unwrap().st_size as u64
}

fn prefix(head: &[u8], body: u64, ways: [u8; 2]) -> Vec<u8> {
    [&(head.len() as u64).to_le_bytes()[..], &body.to_le_bytes(), &ways, &[0, 0], head].concat()
}

fn bytes(rows: &StructArray) -> Vec<u8> {
    rows::write(rows).unwrap().iter().flat_map(|buffer| buffer.to_vec()).collect()
}

fn sealed() -> SealFlags {
    SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK
}

fn memory(bytes: &[u8], seals: SealFlags) -> OwnedFd {
    let fd = memfd_create("pretended", MemfdFlags::ALLOW_SEALING).unwrap();
    let mut file = File::from(fd);
    file.write_all(bytes).unwrap();
    fcntl_add_seals(&file, seals).unwrap();
    file.into()
}

/// A pool whose children pretend, and the file that they leave.
fn pool(case: &str) -> (Arc<Pool>, tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let mark = directory.path().join("mark");
    let arguments = ["process::tests::pretend", "--exact", "--nocapture", "--test-threads=1"];
    let launcher = Launcher {
        program: std::env::current_exe().unwrap(),
        arguments: arguments.map(Into::into).to_vec(),
        environment: vec![(CASE.into(), case.into()), (MARK.into(), mark.clone().into())],
    };
    let (start, grace) = (Duration::from_secs(10), Duration::from_millis(200));
    let settings = Settings { launcher, children: 1, start, grace, ..Settings::default() };
    let pool = Pool::start(&LibraryFile::read(&library()).unwrap(), &settings).unwrap();
    (pool, directory, mark)
}

/// The library of `plugins/settlement`, which Cargo builds beside these tests; it is not loaded here.
fn library() -> PathBuf {
    let tests = std::env::current_exe().unwrap();
    let beside = tests.ancestors().skip(1).take(2).map(|dir| dir.join("libsettlement.so"));
    beside.into_iter().find(|path| path.is_file()).expect("Cargo builds the library with the tests")
}

fn applied(pool: &Arc<Pool>, rows: &StructArray) -> Result<StructArray> {
    let limits = Limits { apply: Some(Duration::from_secs(2)), ..Limits::default() };
    let (instance, fields) = Instance::create(pool, "c", "{}", &inputs(), limits)?;
    instance.apply(None, At::default(), rows, &fields)
}

/// What a call to a child of this case ends in.
fn fails(case: &str) -> Error {
    let (pool, _directory, mark) = pool(case);
    let error = applied(&pool, &many()).unwrap_err();
    assert!(mark.exists(), "{case} was not reached: {error}");
    error
}

#[test]
fn a_child_that_keeps_to_the_protocol_is_answered_for() {
    let (pool, _directory, _) = pool("good");
    assert_eq!(applied(&pool, &many()).unwrap(), labels(10_000));
    assert_eq!(applied(&pool, &numbers(vec![1, 2])).unwrap(), labels(2));
}

#[test]
fn a_child_that_ends_at_any_point_is_a_crash() {
    for case in ["before-hello", "after-hello", "half-then-killed", "exit-0"] {
        let error = fails(case);
        let expected = if case == "half-then-killed" { "protocol" } else { "crash" };
        assert_eq!(error.code(), expected, "{case}: {error}");
    }
    let (pool, _directory, mark) = pool("goodbye");
    assert_eq!(applied(&pool, &many()).unwrap().len(), 10_000);
    drop(pool);
    assert!(mark.exists());
}

#[test]
fn frames_that_make_no_sense_are_refused() {
    let cases = [
        ("cut-frame", "cut short"),
        ("length-0", "cannot be read"),
        ("length-2-63", "shorter than it says"),
        ("unknown-type", "cannot be read"),
        ("unknown-number", "another question"),
        ("no-body", "something else"),
        ("other-answer", "something else"),
        ("hello-again", "hello twice"),
        ("other-build", "another build"),
        ("never-came", "memory that never came"),
    ];
    for (case, problem) in cases {
        let error = fails(case);
        assert_eq!(error.code(), "protocol", "{case}: {error}");
        assert!(error.to_string().contains(problem), "{case}: {error}");
    }
    let (pool, _directory, _) = pool("twice");
    let (instance, fields) = Instance::create(&pool, "c", "{}", &inputs(), Limits::default()).unwrap();
    let apply = || instance.apply(None, At::default(), &many(), &fields);
    assert_eq!(apply().unwrap().len(), 10_000);
    assert_eq!(apply().unwrap_err().code(), "protocol");
}

#[test]
fn memory_that_could_change_or_lies_is_refused() {
    let cases = [
        ("unsealed", "not sealed"),
        ("can-shrink", "not sealed"),
        ("shorter-memory", "were announced"),
        ("no-memory", "no file in memory"),
        ("kept-device", "no file in memory"),
        ("kept-shorter", "were announced"),
        ("kept-huge", "are allowed"),
        ("kept-hole", "no Arrow message"),
        ("cut-rows", "came"),
        ("columns", "another kind of Arrow message"),
        ("too-few", "9999 rows for 10000"),
        ("other-type", ""),
    ];
    for (case, problem) in cases {
        let error = fails(case);
        assert_eq!(error.code(), "bad-output", "{case}: {error}");
        assert!(error.to_string().contains(problem), "{case}: {error}");
    }
}

#[test]
fn memory_that_shrinks_or_changes_while_it_is_read_is_refused_or_gives_valid_rows() {
    let outcomes = |case: &str, calls: usize| {
        let (pool, _directory, mark) = pool(case);
        let outcomes: Vec<_> = (0..calls).map(|_| applied(&pool, &many())).collect();
        assert!(mark.exists(), "{case} was not reached");
        outcomes
    };
    let outcomes = [outcomes("kept-shrinks", 5), outcomes("kept-changes", 20)];
    for outcome in outcomes.into_iter().flatten() {
        match outcome {
            Ok(rows) => rows.to_data().validate_full().unwrap(),
            Err(error) => assert_eq!(error.code(), "bad-output", "{error}"),
        }
    }
}

#[test]
fn a_child_that_never_stops_talking_is_stopped() {
    assert_eq!(fails("talks-for-ever").code(), "timeout");
}

#[test]
fn a_program_that_cannot_be_started_is_named() {
    let launcher = Launcher { program: "/nowhere/segmenta".into(), ..Launcher::default() };
    let settings = Settings { launcher, ..Settings::default() };
    let pool = Pool::start(&LibraryFile::read(&library()).unwrap(), &settings).unwrap();
    let error = pool.describe().unwrap_err();
    assert_eq!(error.code(), "no-process");
    assert!(error.to_string().contains("`/nowhere/segmenta` cannot be started"), "{error}");
}
