//! A criterion that panics where its options say.
#![expect(unsafe_code, reason = "a buffer with an owner of one's own is made without a check")]

use std::ptr::NonNull;
use std::sync::Mutex;

use arrow_buffer::{Buffer, ScalarBuffer};
use segmenta_plugin_sdk::prelude::*;
use serde::{Deserializer, Serializer};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// Where to panic.
    place: String,
}

pub(crate) struct Bomb {
    place: String,
    mutex: Mutex<u32>,
}

/// Panics with another kind of payload at some places.
fn reach(set: &str, place: &str) {
    match set == place {
        true if place == "finish" => std::panic::panic_any(17_u32),
        true if place == "merge" => std::panic::panic_any(PanicsWhenDropped),
        true => panic!("boom in {place}"),
        false => {}
    }
}

struct PanicsWhenDropped;

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        std::panic::panic_any(Self);
    }
}

/// A partial that panics when it is stored, read or dropped, if the text says so.
pub(crate) struct Part(String);

impl Serialize for Part {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        reach(&self.0, "save");
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Part {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self)
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        reach(&self.0, "partial drop");
    }
}

/// A model that panics when it is dropped, if it was loaded and its text says so.
#[derive(Serialize)]
pub(crate) struct Model(String);

/// What stands before the text of a model that was not yet loaded.
const FRESH: &str = "fresh ";

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(text.replace(FRESH, "")))
    }
}

impl Drop for Model {
    fn drop(&mut self) {
        reach(&self.0, "model drop");
    }
}

impl Drop for Bomb {
    fn drop(&mut self) {
        reach(&self.place, "instance drop");
    }
}

/// The owner of a buffer that panics when the buffer is freed.
struct Owner([f64; 1]);

impl Drop for Owner {
    fn drop(&mut self) {
        panic!("boom in buffer drop");
    }
}

/// One value in memory that panics when it is freed.
fn explosive() -> Float64Array {
    let owner = Arc::new(Owner([1.0]));
    let start = NonNull::from(&owner.0).cast();
    // SAFETY: the owner holds these eight bytes, does not move them, and lives as long as the buffer.
    let buffer = unsafe { Buffer::from_custom_allocation(start, 8, owner) };
    Float64Array::new(ScalarBuffer::new(buffer, 0, 1), None)
}

impl Fitted for Bomb {
    const NAME: &'static str = "bomb";
    const SUMMARY: &'static str = "Panics where it is told to.";
    const EXPLAIN: Option<ExplainFitted<Self>> = Some(|this, _, batch, _| {
        reach(&this.place, "explain");
        Ok(vec![json!({}); batch.rows()])
    });
    type Params = Options;
    type Partial = Part;
    type Carry = ();
    type Model = Model;

    fn inputs() -> Vec<Input> {
        vec![Input::new("x", &[Type::Float64])]
    }

    fn bind(options: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        reach(&options.place, "bind");
        let bomb = Self { place: options.place, mutex: Mutex::new(0) };
        Ok((bomb, Outputs::label(None).with("score", DataType::Float64, false)))
    }

    fn begin(&self, _: &FitCx<'_, ()>) -> Result<Part> {
        reach(&self.place, "begin");
        Ok(Part(self.place.clone()))
    }

    fn update(&self, _: &mut Part, _: &Batch, _: &FitCx<'_, ()>) -> Result<()> {
        reach(&self.place, "update");
        if self.place == "mutex" {
            let _held = self.mutex.lock().map_err(|_| Error::internal("the lock is poisoned"))?;
            panic!("boom in mutex");
        }
        Ok(())
    }

    fn merge(&self, _: &mut Part, _: Part) -> Result<()> {
        reach(&self.place, "merge");
        Ok(())
    }

    fn finish(&self, part: Part, _: &FitCx<'_, ()>) -> Result<Step<(), Model>> {
        reach(&self.place, "finish");
        Ok(Step::Done(Model(format!("{FRESH}{}", part.0))))
    }

    fn apply(&self, _: &Model, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        reach(&self.place, "apply");
        if self.place == "thread" {
            std::thread::spawn(|| panic!("boom in thread")).join().expect("the thread ends well");
        }
        let labels: StringArray = vec![None::<&str>; batch.rows()].into();
        let scores: ArrayRef = match self.place.as_str() {
            "buffer drop" => Arc::new(explosive()),
            _ => Arc::new(Float64Array::from(vec![0.0; batch.rows()])),
        };
        Ok(vec![Arc::new(labels), scores])
    }

    fn describe_model(&self, _: &Model) -> Value {
        reach(&self.place, "describe_model");
        json!({})
    }

    fn check_model(&self, _: &Model) -> Result<()> {
        reach(&self.place, "load");
        Ok(())
    }
}

/// A criterion whose columns cannot even be asked for.
pub(crate) struct Mute;

impl Criterion for Mute {
    const NAME: &'static str = "mute";
    const SUMMARY: &'static str = "Panics when it is described.";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        panic!("boom in inputs")
    }

    fn bind(_: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        Ok((Self, Outputs::label(None)))
    }

    fn apply(&self, _: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        Ok(Vec::new())
    }
}

export_plugin!(name = "bomb", version = "1.0.0", criteria = [Bomb]);

pub(crate) mod mute {
    use super::{Mute, export_plugin};

    export_plugin!(name = "mute", version = "1.0.0", criteria = [Mute]);
}
