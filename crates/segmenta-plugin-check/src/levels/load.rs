//! Level `load`: the linker, the table, `describe`.

use segmenta_plugin_host::{CriterionInfo, Error, HostShape, LibraryFile, Registry};

use crate::options::{Options, Target};
use crate::report::{Difference, Sink};
use crate::subject::Subject;
use crate::{Level, Report, params};

/// The library in a registry of its own. A failure is written down under `level`.
pub(crate) fn registry(target: &Target, level: Level, report: &mut Report) -> Option<Registry> {
    match open(target) {
        Ok(registry) => Some(registry),
        Err(error) => {
            let expected = "the library loads and describes itself";
            let next = "correct what is named here; see the reference of the contract";
            let difference = Difference::error(expected, &error, next);
            Sink::new(level, None, &mut report.findings).fail("loads", difference);
            None
        }
    }
}

pub(crate) fn open(target: &Target) -> Result<Registry, Error> {
    let mut registry = match target {
        Target::Linked(linked) => Registry::new(&[*linked])?,
        Target::File(path) => {
            let mut registry = Registry::default();
            registry.add_file(path)?;
            registry
        }
    };
    allow_unrepeatable(&mut registry)?;
    Ok(registry)
}

/// Whoever looks at a criterion need not be told that its results differ.
pub(crate) fn allow_unrepeatable(registry: &mut Registry) -> Result<(), Error> {
    let names = registry.criteria().filter(|info| info.is_unrepeatable()).map(|info| info.name.clone());
    names.collect::<Vec<_>>().iter().try_for_each(|name| registry.allow_unrepeatable(name))
}

/// The rules beside loading itself.
pub(crate) fn check(target: &Target, registry: &Registry, report: &mut Report) {
    let mut sink = Sink::new(Level::Load, None, &mut report.findings);
    sink.pass("loads");
    let again = open(target).map(|again| again.criteria().cloned().collect::<Vec<_>>());
    let first: Vec<CriterionInfo> = registry.criteria().cloned().collect();
    sink.verdict("describe-twice", described_differently(&first, again));
    for info in registry.criteria() {
        let mut sink = Sink::new(Level::Load, Some(&info.name), &mut report.findings);
        documented(info, &mut sink);
    }
}

fn described_differently(first: &[CriterionInfo], again: Result<Vec<CriterionInfo>, Error>) -> Option<Difference> {
    let expected = "`describe` gives the same answer each time";
    let next = "make `describe` depend on constants only";
    match again {
        Ok(again) if again == first => None,
        Ok(_) => Some(Difference::new(expected, "the second answer differs", next)),
        Err(error) => Some(Difference::error(expected, &error, next)),
    }
}

/// A host that the library was not built against: it works there, or refuses to start and says why.
pub(crate) fn under(target: &Target, shape: HostShape, options: &Options, sink: &mut Sink<'_>) {
    let Target::File(path) = target else {
        return sink.skip(shape.name(), "the plugin is part of this program");
    };
    let mut registry = Registry::default();
    let added = LibraryFile::read(path).and_then(|file| registry.add_in_shape(&file, shape).map(drop));
    let expected = "the library reads of the host's struct what `struct_size` says is there, and works";
    let next = "read the host's members with `SEG_HAS` only, and ask for no more than the major of its ABI";
    match added.and_then(|()| allow_unrepeatable(&mut registry)) {
        Err(Error::EntryFailed { problem, .. }) if shape.may_be_refused() => {
            return sink.measured(shape.name(), format!("refused: {problem}"));
        }
        Err(error) => return sink.fail(shape.name(), Difference::error(expected, &error, next)),
        Ok(()) => {}
    }
    let difference = registry.criteria().find_map(|info| Subject::find(&registry, info, options).err());
    sink.verdict(shape.name(), difference);
}

/// Options and inputs that nobody explained.
fn documented(info: &CriterionInfo, sink: &mut Sink<'_>) {
    let options = params::properties(&info.params).into_iter();
    let options = options.filter(|(_, schema)| schema.get("description").is_none()).map(|(name, _)| name);
    let inputs = info.inputs.iter().filter(|input| input.description.is_empty()).map(|input| input.name.as_str());
    let silent: Vec<&str> = options.chain(inputs).collect();
    if silent.is_empty() && !info.summary.is_empty() {
        return sink.pass("documented");
    }
    sink.warn(
        "documented",
        Difference::new(
            "a summary, and a description of every option and input",
            format!(
                "nothing is said about {}",
                if silent.is_empty() { "the criterion".to_owned() } else { silent.join(", ") }
            ),
            "write doc comments on the options and `describe` on the inputs",
        ),
    );
}
