//! Level `process`: the same results in a process of its own.

mod killed;

use std::path::Path;
use std::time::Instant;

use segmenta_plugin_host::process::{Launcher, Settings};
use segmenta_plugin_host::{Error, Instance, LibraryFile, Registry};

use super::defect;
use super::fit::models_differ;
use super::load::allow_unrepeatable;
use crate::generate::{Nulls, Values};
use crate::options::Target;
use crate::report::{Difference, Sink};
use crate::subject::Subject;

const ROWS: u64 = 8_192;

pub(crate) fn check(subject: &Subject<'_>, target: &Target, sink: &mut Sink<'_>) {
    let Target::File(path) = target else {
        return sink.skip("process", "a plugin that is part of the program has no library to start");
    };
    let Some(launcher) = &subject.options.launcher else {
        return sink.skip("process", "no program is known that children can run");
    };
    let mut registry = Registry::default();
    let started = Instant::now();
    if let Err(error) = start(&mut registry, path, launcher, 2) {
        let expected = "the library starts in a process of its own";
        let next = "see what it needs: files, network and other processes are closed to it there";
        return sink.fail("starts", Difference::error(expected, &error, next));
    }
    sink.measured("starts", format!("{} ms", started.elapsed().as_millis()));
    let apart = subject.elsewhere(&registry);
    sink.verdict("same-rows", same_rows(subject, &apart));
    if subject.info.fit.is_some() {
        sink.verdict("same-model", same_model(subject, &apart));
    }
    sink.verdict("same-refusals", same_refusals(subject, &apart));
    killed::check(subject, path, launcher, sink);
    speed(subject, &apart, sink);
}

fn start(registry: &mut Registry, path: &Path, launcher: &Launcher, children: usize) -> Result<(), Error> {
    // Some are killed on purpose, which is no reason to give the library up.
    let settings = Settings { launcher: launcher.clone(), children, max_crashes: u32::MAX, ..Settings::default() };
    registry.add_isolated(&LibraryFile::read(path)?, &settings)?;
    allow_unrepeatable(registry)
}

const NEXT: &str = "look for files, the environment, the network or statics that the result depends on";

fn same_rows(here: &Subject<'_>, apart: &Subject<'_>) -> Option<Difference> {
    let expected = "the rows that it gives in the runner's process";
    let rows = here.range(ROWS);
    let both = here.ready().and_then(|here| Ok((here.apply(&rows)?, apart.ready()?.apply(&rows)?)));
    match both {
        Ok((plain, other)) => here.difference_of_fits(&plain, &other).map(|came| Difference::new(expected, came, NEXT)),
        Err(error) => Some(Difference::error(expected, &error, NEXT)),
    }
}

fn same_model(here: &Subject<'_>, apart: &Subject<'_>) -> Option<Difference> {
    let expected = "the model that it makes in the runner's process";
    let leaves = here.leaves(8, 100);
    let fit = |instance: &Instance| instance.fit(&leaves, here.options.seed).map(|fitted| fitted.bytes);
    let both = here.bind().and_then(|here| Ok((fit(&here)?, here, fit(&*apart.bind()?)?)));
    match both {
        Ok((plain, instance, other)) => {
            models_differ(here, &instance, &plain, &other).map(|came| Difference::new(expected, came, NEXT))
        }
        Err(error) => Some(Difference::error(expected, &error, NEXT)),
    }
}

/// Rows that it may refuse are refused alike.
fn same_refusals(here: &Subject<'_>, apart: &Subject<'_>) -> Option<Difference> {
    let odd = here.made_up(&here.columns, &(0..65).collect::<Vec<_>>(), Nulls::Some, Values::Odd);
    let outcome = |subject: &Subject<'_>| match subject.ready().and_then(|ready| ready.apply(&odd)) {
        Ok(_) => "rows".to_owned(),
        Err(error) => error.code().to_owned(),
    };
    let (here, apart) = (outcome(here), outcome(apart));
    (here != apart)
        .then(|| Difference::new(format!("`{here}`, as in the runner's process"), format!("`{apart}`"), NEXT))
}

fn speed(here: &Subject<'_>, apart: &Subject<'_>, sink: &mut Sink<'_>) {
    let rows = here.range(ROWS);
    let measure = |subject: &Subject<'_>| -> Result<f64, Error> {
        let ready = subject.ready()?;
        let times = (0..5).map(|_| {
            let started = Instant::now();
            ready.apply(&rows).map(|_| started.elapsed().as_nanos() as f64 / ROWS as f64)
        });
        Ok(times.collect::<Result<Vec<_>, _>>()?.into_iter().fold(f64::INFINITY, f64::min))
    };
    match measure(here).and_then(|here| Ok((here, measure(apart)?))) {
        Ok((here, apart)) => {
            sink.measured("speed", format!("{apart:.1} ns per row, {here:.1} in the runner's process"))
        }
        Err(error) => sink.fail("speed", defect("ordinary rows", &error)),
    }
}
