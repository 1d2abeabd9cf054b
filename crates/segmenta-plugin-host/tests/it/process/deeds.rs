//! A plugin library that does what its option says. Each deed first writes a line, to show that it is reached.
#![allow(unsafe_code, reason = "the deeds are what unsafe code can do")]
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::exit, reason = "the deeds are what plugins must not do")]
#![allow(clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block, reason = "nothing here is safe")]
#![allow(clippy::unwrap_used, reason = "a panic is a deed as well")]

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use segmenta_plugin_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
struct Options {
    /// What to do.
    deed: String,
    /// A file; where it exists the deed is left out, where it does not it is made first.
    once: String,
}

impl Options {
    /// Does the deed, unless it is done once only and was done before.
    fn act(&self, call: &str, cx: &dyn Fn() -> Result<()>) -> Result<()> {
        let Some(deed) = self.deed.strip_prefix(call).and_then(|deed| deed.strip_prefix(' ')) else {
            return Ok(());
        };
        if !self.once.is_empty() {
            if Path::new(&self.once).exists() {
                return Ok(());
            }
            File::create(&self.once).unwrap();
        }
        eprintln!("deed {deed}");
        act(deed, cx)
    }
}

fn act(deed: &str, poll: &dyn Fn() -> Result<()>) -> Result<()> {
    match deed {
        "panic" => panic!("no rows today"),
        "abort" => std::process::abort(),
        "segfault" => unsafe { std::ptr::null_mut::<u8>().write_volatile(1) },
        "exit" => std::process::exit(0),
        "_exit" => unsafe { libc::_exit(0) },
        "kill" => unsafe {
            libc::raise(libc::SIGKILL);
        },
        "overflow" => {
            std::hint::black_box(deeper(1));
        }
        "loop" => loop {
            std::hint::spin_loop();
        },
        "polite loop" => loop {
            poll()?;
            std::thread::sleep(Duration::from_millis(5));
        },
        "read" => {
            let mut byte = [0];
            let read = unsafe { libc::read(0, byte.as_mut_ptr().cast(), 1) };
            println!("read gave {read}");
        }
        "allocate" => drop(std::hint::black_box(vec![1_u8; 100 << 30])),
        "grow" => grow(),
        "fork" => println!("fork gave {}", unsafe { libc::fork() }),
        "close" => (0..1_024).for_each(|fd| unsafe {
            libc::close(fd);
        }),
        "flood" => flood(),
        "binary" => std::io::stdout().write_all(&[0xff, 0, 0x1b, b'[', b'2', b'J', b'\n']).unwrap(),
        "threads" => threads(),
        "forbidden" => forbidden(),
        "kill parent" => println!("kill gave {}", unsafe { libc::kill(libc::getppid(), libc::SIGKILL) }),
        "limits" => loosen(),
        other => return Err(Error::param("deed", format!("{other} is not known"))),
    }
    Ok(())
}

fn deeper(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 512]);
    if depth == 0 { 0 } else { deeper(depth + 1) + room[7] }
}

/// A bit more memory at a time, all of it used.
fn grow() {
    let mut kept = Vec::new();
    loop {
        kept.push(std::hint::black_box(vec![1_u8; 4 << 20]));
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn flood() {
    let line = [b'x'; 1_023];
    let mut out = std::io::stdout().lock();
    for _ in 0..100 * 1_024 {
        out.write_all(&line).unwrap();
        out.write_all(b"\n").unwrap();
    }
}

fn threads() {
    for _ in 0..64 {
        std::thread::spawn(|| std::thread::sleep(Duration::from_secs(600)));
    }
}

/// What a confined process cannot do.
fn forbidden() {
    let failed = |done: std::io::Result<()>| if done.is_ok() { "works" } else { "fails" };
    println!("reading a file {}", failed(File::open("/etc/passwd").map(drop)));
    println!("writing a file {}", failed(File::create("/dev/shm/segmenta-deed").map(drop)));
    println!("own file {}", failed(File::create("own").map(drop)));
    println!("network {}", failed(std::net::UdpSocket::bind("127.0.0.1:0").map(drop)));
    println!("program {}", failed(std::process::Command::new("/bin/true").status().map(drop)));
    println!("descriptors {}", std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count));
    println!("variables {}", std::env::vars().map(|(name, _)| name).collect::<Vec<_>>().join(" "));
}

/// Tries to be rid of its bounds.
fn loosen() {
    let most = libc::rlimit { rlim_cur: libc::RLIM_INFINITY, rlim_max: libc::RLIM_INFINITY };
    println!("setrlimit gave {}", unsafe { libc::setrlimit(libc::RLIMIT_DATA, &most) });
    println!("prctl gave {}", unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, 0) });
    println!("setsid gave {}", unsafe { libc::setsid() });
}

/// Labels every row `done`.
struct Deed(Options);

impl Criterion for Deed {
    const NAME: &'static str = "deed";
    const SUMMARY: &'static str = "Does what it is told.";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        vec![Input::new("x", &[Type::Int64]).nullable()]
    }

    fn bind(options: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        options.act("create", &|| Ok(()))?;
        Ok((Self(options), Outputs::label(None)))
    }

    fn apply(&self, batch: &Batch, cx: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        if let Some(deed) = self.0.deed.strip_prefix("log ") {
            cx.log(Level::Info, format_args!("{deed}"));
        }
        self.0.act("apply", &|| cx.poll())?;
        Ok(vec![Arc::new(StringArray::from(vec!["done"; batch.rows()]))])
    }
}

impl Drop for Deed {
    fn drop(&mut self) {
        // A deed that fails is as good as one that does not.
        let _ = self.0.act("destroy", &|| Ok(()));
    }
}

/// Whether a value is above the sum of all.
struct Sum(Options);

#[derive(Serialize, Deserialize)]
struct Total {
    total: i64,
}

impl Fitted for Sum {
    const NAME: &'static str = "sum";
    const SUMMARY: &'static str = "Whether a value is the sum of all.";
    const MERGE: Merge = Merge::Exact;
    type Params = Options;
    type Partial = Total;
    type Carry = ();
    type Model = Total;

    fn inputs() -> Vec<Input> {
        vec![Input::new("x", &[Type::Int64])]
    }

    fn bind(options: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self(options), Outputs::label(None)))
    }

    fn begin(&self, _: &FitCx<'_, ()>) -> Result<Total> {
        Ok(Total { total: 0 })
    }

    fn update(&self, part: &mut Total, batch: &Batch, cx: &FitCx<'_, ()>) -> Result<()> {
        if cx.partition() == Some(1) {
            self.0.act("fit_update", &|| Ok(()))?;
        }
        part.total += batch.i64("x")?.iter().flatten().sum::<i64>();
        Ok(())
    }

    fn merge(&self, into: &mut Total, other: Total) -> Result<()> {
        into.total += other.total;
        if into.total > 3 {
            self.0.act("fit_merge", &|| Ok(()))?;
        }
        Ok(())
    }

    fn finish(&self, part: Total, _: &FitCx<'_, ()>) -> Result<Step<(), Total>> {
        self.0.act("fit_finish", &|| Ok(()))?;
        Ok(Step::Done(part))
    }

    fn apply(&self, model: &Total, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let label = |x| if x == model.total { "all" } else { "part" };
        let labels: StringArray = batch.i64("x")?.iter().map(|x| x.map(label)).collect();
        Ok(vec![Arc::new(labels)])
    }

    fn describe_model(&self, model: &Total) -> Value {
        json!({ "total": model.total })
    }
}

/// Does with rows what it is told, and labels each with its number.
struct Keeper {
    deed: String,
    kept: Mutex<Vec<Int64Array>>,
}

impl Criterion for Keeper {
    const NAME: &'static str = "keeper";
    const SUMMARY: &'static str = "Keeps rows beyond their call, or writes into them.";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        vec![Input::new("x", &[Type::Int64])]
    }

    fn bind(options: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self { deed: options.deed, kept: Mutex::default() }, Outputs::label(None)))
    }

    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let x = batch.i64("x")?;
        let mut kept = self.kept.lock().unwrap();
        let first = x.values().as_ptr().cast_mut();
        match self.deed.as_str() {
            "keep all" => kept.push(x.clone()),
            "label the first" if kept.is_empty() => kept.push(x.clone()),
            "label the last" => kept.insert(0, x.clone()),
            "write" => unsafe { first.write_volatile(7) },
            "make writable" => {
                let page = (first as usize & !4_095) as *mut libc::c_void;
                let access = libc::PROT_READ | libc::PROT_WRITE;
                println!("mprotect gave {}", unsafe { libc::mprotect(page, 4_096, access) });
            }
            _ => {}
        }
        let shown = if self.deed.starts_with("label") { kept.first().unwrap() } else { &x };
        let labels: StringArray = shown.iter().map(|x| x.map(|x| x.to_string())).collect();
        if self.deed == "label the last" {
            kept.truncate(1);
        }
        Ok(vec![Arc::new(labels)])
    }
}

/// Looks at nothing and labels nothing: what a call costs by itself.
struct NoOp;

#[derive(Deserialize, JsonSchema)]
struct NoOptions {}

impl Criterion for NoOp {
    const NAME: &'static str = "no_op";
    const SUMMARY: &'static str = "Gives no label to anything.";
    type Params = NoOptions;

    fn inputs() -> Vec<Input> {
        vec![Input::many("column", &[Type::Float64]).nullable()]
    }

    fn bind(_: NoOptions, _: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self, Outputs::label(None)))
    }

    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        Ok(vec![Arc::new(StringArray::new_null(batch.rows()))])
    }
}

export_plugin!(name = "deeds", version = "0.1.0", criteria = [criterion Deed, fitted Sum, criterion NoOp, criterion Keeper]);
