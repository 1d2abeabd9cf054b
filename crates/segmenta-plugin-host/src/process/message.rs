//! What the two processes say to each other. Both are the same program, so nothing here is stable.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::remote::Remote;
use crate::call::At;

/// Fingerprint of the sources that say how the two sides talk: two builds that agree on it talk alike.
pub(super) const BUILD: u64 = fingerprint(&[
    include_bytes!("frame.rs"),
    include_bytes!("lent.rs"),
    include_bytes!("returned.rs"),
    include_bytes!("message.rs"),
    include_bytes!("rows.rs"),
    include_bytes!("remote.rs"),
    include_bytes!("serve.rs"),
    env!("CARGO_PKG_VERSION").as_bytes(),
]);

/// FNV-1a, 64 bits.
const fn fingerprint(texts: &[&[u8]]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut text = 0;
    while text < texts.len() {
        let mut at = 0;
        while at < texts[text].len() {
            hash = (hash ^ texts[text][at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        text += 1;
    }
    hash
}

/// A number that the runner gives to an object of the child.
pub(super) type Id = u64;

/// What the runner asks for, under a number that the answer repeats.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) number: u64,
    pub(super) what: Ask,
}

/// A call of the function table, or what comes before and after them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) enum Ask {
    /// Body: the library.
    Load(Setup),
    Describe,
    /// Body: the columns. Answered with the columns it writes.
    Create {
        instance: Id,
        criterion: String,
        params: String,
        caps: Caps,
    },
    /// Body: rows.
    Apply {
        instance: Id,
        model: Option<Id>,
        place: Place,
    },
    /// Body: rows.
    Explain {
        instance: Id,
        model: Option<Id>,
    },
    /// Body: the model.
    LoadModel {
        instance: Id,
        model: Id,
    },
    DescribeModel {
        model: Id,
    },
    /// Body: the carry.
    Begin {
        instance: Id,
        fit: Id,
        place: Place,
        pass: u32,
    },
    /// Body: rows.
    Update {
        fit: Id,
    },
    Save {
        fit: Id,
    },
    /// Body: a partial.
    Merge {
        fit: Id,
    },
    Finish {
        fit: Id,
    },
    /// Destroys an object if it is there.
    Forget(Object),
    /// Nothing follows.
    Goodbye,
}

/// Where in a run a call is.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Place {
    seed: u64,
    leaf: Option<u64>,
    first_row: Option<u64>,
}

impl From<At> for Place {
    fn from(At { seed, leaf, first_row }: At) -> Self {
        Self { seed, leaf, first_row }
    }
}

impl From<Place> for At {
    fn from(Place { seed, leaf, first_row }: Place) -> Self {
        Self { seed, leaf, first_row }
    }
}

/// An object of the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Object {
    Instance(Id),
    Model(Id),
    Fit(Id),
}

/// How the child is to live.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Setup {
    /// How messages call the library.
    pub(super) path: PathBuf,
    /// Bytes of private memory beyond what the program itself needs.
    pub(super) memory: Option<u64>,
    /// Whether network and files are closed where the system can do it.
    pub(super) confined: bool,
    /// Severity of the lines that somebody reads; 0 for none, 5 for all.
    pub(super) severity: u8,
}

/// What a criterion may hand out and reserve. Time is kept by the runner.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Caps {
    /// Bytes that all calls may reserve.
    pub(super) memory: Option<u64>,
    /// Bytes of a partial.
    pub(super) partial: u64,
    /// Bytes of a model.
    pub(super) model: u64,
}

/// What the child says.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Say {
    /// First of all.
    Hello {
        build: u64,
        /// Most memory that the system will say the process had at once, before it did anything; bytes.
        peak: u64,
    },
    Line(Line),
    Answer {
        number: u64,
        answer: Result<Answer, Remote>,
        /// Whether the plugin still has the rows of the request.
        keeps_rows: bool,
    },
}

/// A line of the plugin's log.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Line {
    /// 1 for errors, 5 for traces.
    pub(super) severity: u8,
    pub(super) criterion: String,
    pub(super) part: String,
    pub(super) message: String,
    pub(super) metric: Option<(String, f64)>,
}

/// What a call gave.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Answer {
    Done,
    /// The library is ready; what the system cannot do to confine it.
    Loaded {
        missing: Vec<String>,
    },
    /// Body: columns.
    Columns,
    /// Body: rows.
    Rows,
    /// Body: bytes.
    Bytes,
    /// The plugin does not offer it.
    Nothing,
    /// Body: the carry.
    Again,
    /// Body: the model.
    Model,
}

impl Ask {
    /// Member of the function table.
    pub(super) fn call(&self) -> &'static str {
        match self {
            Self::Load(_) => "load",
            Self::Describe => "describe",
            Self::Create { .. } => "create",
            Self::Apply { .. } => "apply",
            Self::Explain { .. } => "explain",
            Self::LoadModel { .. } => "model_load",
            Self::DescribeModel { .. } => "model_describe",
            Self::Begin { .. } => "fit_begin",
            Self::Update { .. } => "fit_update",
            Self::Save { .. } => "fit_save",
            Self::Merge { .. } => "fit_merge",
            Self::Finish { .. } => "fit_finish",
            Self::Forget(Object::Instance(_)) => "destroy",
            Self::Forget(Object::Model(_)) => "model_destroy",
            Self::Forget(Object::Fit(_)) => "fit_destroy",
            Self::Goodbye => "destroy",
        }
    }
}

/// The bytes of a message.
pub(super) fn encode(message: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(message).expect("messages hold only what can be written")
}

/// The message in `bytes`, all of them.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    match postcard::take_from_bytes(bytes) {
        Ok((message, [])) => Ok(message),
        Ok(_) => Err("a message is longer than it should be".to_owned()),
        Err(error) => Err(format!("a message cannot be read, {error}")),
    }
}
