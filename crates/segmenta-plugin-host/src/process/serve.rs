//! The child: loads one library and answers the runner until it says goodbye.

use std::collections::BTreeMap;
use std::os::fd::RawFd;
use std::process::ExitCode;
use std::sync::Arc;

use arrow_array::StructArray;
use arrow_buffer::Buffer;
use arrow_schema::Fields;

use super::frame::{Carried, Channel, Frame, Inbox, Part};
use super::lent::Lent;
use super::message::{self, Answer, Ask, Caps, Id, Object, Request, Say, Setup};
use super::remote::Remote;
use super::returned::{Given, Returning};
use super::sys::{self, Full};
use super::{confine, forward, rows};
use crate::backend::{FitHandle, InstanceHandle, Library, ModelHandle};
use crate::call::{self, At, Verdict};
use crate::library::{LibraryFile, Tenancy, Terms};
use crate::{Error, Limits, load};

/// Where the socket is while a plugin runs: standard input, output and error are the plugin's.
const SOCKET: RawFd = 3;

/// What the hidden subcommand of a child does, with the descriptor that [`super::Launcher`] gave it.
/// Call it first thing, before threads, logging or files; it returns only if there is nobody to talk to.
pub fn serve(descriptor: RawFd) -> ExitCode {
    match settle(descriptor) {
        Ok(channel) => converse(&Arc::new(channel)),
        Err(_) => ExitCode::FAILURE,
    }
}

/// Makes the process a child: its own session, bounded, with one socket and no other descriptors.
fn settle(descriptor: RawFd) -> std::io::Result<Channel> {
    let socket = sys::keep_only(descriptor, SOCKET)?;
    sys::make_empty(0)?;
    sys::settle()?;
    sys::stop_on_terminate();
    confine::limit_files()?;
    Ok(Channel::new(socket))
}

/// Answers until the runner is gone or says goodbye.
fn converse(channel: &Arc<Channel>) -> ExitCode {
    let hello = Say::Hello { build: message::BUILD, peak: sys::peak() };
    if say(channel, &hello, Carried::Nothing).is_err() {
        return ExitCode::FAILURE;
    }
    let (mut child, mut inbox) = (Child::default(), Inbox::<Lent>::new());
    while let Ok(frame) = inbox.receive(channel) {
        let Ok(request) = message::decode::<Request>(&frame.head) else {
            return ExitCode::FAILURE;
        };
        let last = matches!(request.what, Ask::Goodbye);
        let (answer, given) = match child.answer(channel, request.what, frame) {
            Ok((answer, given)) => (Ok(answer), given),
            Err(error) => (Err(Remote::from(error)), Given::Nothing),
        };
        let keeps_rows = inbox.kept.as_mut().is_some_and(|lent| !lent.is_free());
        if keeps_rows {
            inbox.kept = None;
        }
        let answer = Say::Answer { number: request.number, answer, keeps_rows };
        if say(channel, &answer, child.returning.carried(&given)).is_err() {
            return ExitCode::FAILURE;
        }
        child.returning.arrived();
        if last {
            // What a library registered for the end of the process must not run after the last word.
            sys::leave(0);
        }
    }
    ExitCode::FAILURE
}

fn say(channel: &Channel, what: &Say, body: Carried<'_>) -> std::io::Result<()> {
    channel.send(&Part::new(&[&message::encode(what)])?, body, Full::Wait)
}

/// The objects of the library, by the numbers that the runner gave them.
#[derive(Default)]
struct Child {
    // Fits and models before the instances that they belong to.
    fits: BTreeMap<Id, Fit>,
    models: BTreeMap<Id, Arc<ModelHandle>>,
    instances: BTreeMap<Id, Arc<Bound>>,
    library: Option<Library>,
    returning: Returning,
}

/// A bound criterion with its columns.
struct Bound {
    handle: InstanceHandle,
    inputs: Fields,
    outputs: Fields,
}

/// A partial with the instance that it belongs to.
struct Fit {
    handle: Option<FitHandle<'static>>,
    instance: Arc<Bound>,
}

type Answered = crate::Result<(Answer, Given)>;

impl Child {
    fn answer(&mut self, channel: &Arc<Channel>, ask: Ask, frame: Frame) -> Answered {
        let body = frame.body.unwrap_or_else(|| Buffer::from_vec(Vec::<u8>::new()));
        match ask {
            Ask::Load(setup) => self.load(channel, &setup, &body),
            Ask::Describe => bytes(Answer::Bytes, self.library()?.describe()?),
            Ask::Create { instance, criterion, params, caps } => {
                self.create(instance, &criterion, &params, caps, &body)
            }
            Ask::Apply { instance, model, place } => self.apply(instance, model, place.into(), &body),
            Ask::Explain { instance, model } => self.explain(instance, model, &body),
            Ask::LoadModel { instance, model } => {
                let loaded = self.instance(instance)?.handle.load_model(&body)?;
                self.models.insert(model, Arc::new(loaded));
                done()
            }
            Ask::DescribeModel { model } => match self.model(model)?.describe()? {
                Some(json) => bytes(Answer::Bytes, json),
                None => Ok((Answer::Nothing, Given::Nothing)),
            },
            Ask::Begin { instance, fit, place, pass } => {
                let instance = Arc::clone(self.instance(instance)?);
                self.fits.insert(fit, Fit::begin(instance, place.into(), pass, &body)?);
                done()
            }
            Ask::Update { fit } => {
                let fit = self.fit(fit)?;
                let rows = read(&body, &fit.instance.inputs)?;
                fit.handle()?.update(&rows)?;
                done()
            }
            Ask::Save { fit } => bytes(Answer::Bytes, self.fit(fit)?.handle()?.save()?),
            Ask::Merge { fit } => {
                self.fit(fit)?.handle()?.merge(&body)?;
                done()
            }
            Ask::Finish { fit } => {
                let handle = self.fits.remove(&fit).and_then(|mut fit| fit.handle.take().map(|handle| (handle, fit)));
                let (handle, _instance) = handle.ok_or_else(|| unexpected("there is no such fit"))?;
                match handle.finish()? {
                    Verdict::Again(carry) => bytes(Answer::Again, carry),
                    Verdict::Done(model) => bytes(Answer::Model, model),
                }
            }
            Ask::Forget(object) => {
                self.forget(object);
                done()
            }
            Ask::Goodbye => {
                self.fits.clear();
                self.models.clear();
                self.instances.clear();
                done()
            }
        }
    }

    fn load(&mut self, channel: &Arc<Channel>, setup: &Setup, library: &Buffer) -> Answered {
        forward::install(channel, setup.severity);
        let mut missing = Vec::new();
        if let Some(memory) = setup.memory {
            confine::limit_memory(memory).map_err(|error| unexpected(&error.to_string()))?;
        }
        if setup.confined {
            missing.extend(confine::before_load(setup.memory));
        }
        let file = LibraryFile::from_bytes(&setup.path, library.to_vec());
        let loaded = load::file(&file, Terms { tenancy: Tenancy::Alone, ..Terms::default() })?;
        self.library = Some(Library::Here(Arc::new(call::Library::new(&loaded))));
        if setup.confined {
            missing.extend(confine::after_load());
        }
        Ok((Answer::Loaded { missing }, Given::Nothing))
    }

    fn create(&mut self, id: Id, criterion: &str, params: &str, caps: Caps, columns: &[u8]) -> Answered {
        let inputs = rows::read_columns(columns).map_err(|problem| unexpected(&problem))?;
        let limits = Limits { memory: caps.memory, partial: caps.partial, model: caps.model, ..Limits::default() };
        let (handle, outputs) = self.library()?.create(criterion, params, &inputs, limits)?;
        let written = rows::write_columns(&outputs);
        self.instances.insert(id, Arc::new(Bound { handle, inputs, outputs }));
        bytes(Answer::Columns, written)
    }

    fn apply(&mut self, instance: Id, model: Option<Id>, at: At, body: &Buffer) -> Answered {
        let instance = self.instance(instance)?;
        let model = model.map(|model| self.model(model)).transpose()?;
        let rows = read(body, &instance.inputs)?;
        let written = instance.handle.apply(model.map(AsRef::as_ref), at, &rows, &instance.outputs)?;
        self.give(&written)
    }

    fn explain(&mut self, instance: Id, model: Option<Id>, body: &Buffer) -> Answered {
        let instance = self.instance(instance)?;
        let model = model.map(|model| self.model(model)).transpose()?;
        let rows = read(body, &instance.inputs)?;
        let written = instance.handle.explain(model.map(AsRef::as_ref), &rows)?;
        self.give(&written)
    }

    /// Rows of the plugin as an answer.
    fn give(&mut self, written: &StructArray) -> Answered {
        let buffers = rows::write(written).map_err(|error| unexpected(&error.to_string()))?;
        let given = self.returning.give(&buffers).map_err(no_memory)?;
        Ok((Answer::Rows, given))
    }

    fn forget(&mut self, object: Object) {
        match object {
            Object::Instance(id) => drop(self.instances.remove(&id)),
            Object::Model(id) => drop(self.models.remove(&id)),
            Object::Fit(id) => drop(self.fits.remove(&id)),
        }
    }

    fn library(&self) -> crate::Result<&Library> {
        self.library.as_ref().ok_or_else(|| unexpected("there is no library yet"))
    }

    fn instance(&self, id: Id) -> crate::Result<&Arc<Bound>> {
        self.instances.get(&id).ok_or_else(|| unexpected("there is no such instance"))
    }

    fn model(&self, id: Id) -> crate::Result<&Arc<ModelHandle>> {
        self.models.get(&id).ok_or_else(|| unexpected("there is no such model"))
    }

    fn fit(&mut self, id: Id) -> crate::Result<&mut Fit> {
        self.fits.get_mut(&id).ok_or_else(|| unexpected("there is no such fit"))
    }
}

impl Fit {
    fn begin(instance: Arc<Bound>, at: At, pass: u32, carry: &[u8]) -> crate::Result<Self> {
        let handle = instance.handle.begin_fit(at, pass, carry)?;
        let handle = outliving(handle);
        Ok(Self { handle: Some(handle), instance })
    }

    fn handle(&mut self) -> crate::Result<&mut FitHandle<'static>> {
        self.handle.as_mut().ok_or_else(|| unexpected("the fit is over"))
    }
}

impl Drop for Fit {
    fn drop(&mut self) {
        // Before the instance that it refers to.
        self.handle = None;
    }
}

/// A partial that is kept beside the instance that it refers to.
#[allow(unsafe_code, reason = "a partial is kept beside what it borrows")]
fn outliving(handle: FitHandle<'_>) -> FitHandle<'static> {
    // SAFETY: `Fit` owns the instance, which is behind an `Arc` and does not move, and drops the
    // partial first; `Ask::Finish` keeps the instance until the partial is gone.
    unsafe { std::mem::transmute::<FitHandle<'_>, FitHandle<'static>>(handle) }
}

fn done() -> Answered {
    Ok((Answer::Done, Given::Nothing))
}

fn bytes(answer: Answer, bytes: Vec<u8>) -> Answered {
    Ok((answer, Given::Part(Part::new(&[&bytes]).map_err(no_memory)?)))
}

fn no_memory(error: std::io::Error) -> Error {
    unexpected(&format!("there is no memory for the answer, {error}"))
}

/// Rows of the runner: it wrote them, so their number is what they say.
fn read(body: &Buffer, fields: &Fields) -> crate::Result<StructArray> {
    rows::read_any(body, fields).map_err(|problem| unexpected(&problem))
}

/// What the runner never asks for.
fn unexpected(problem: &str) -> Error {
    Error::Protocol { plugin: String::new(), problem: problem.to_owned() }
}
