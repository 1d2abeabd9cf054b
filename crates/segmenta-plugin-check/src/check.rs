//! The check: one level after the other, here or in a child process.

use std::path::Path;
use std::time::Duration;

use segmenta_plugin_host::{HostShape, Registry, Surroundings};

use crate::child::{self, Task};
use crate::generate::hash;
use crate::levels::{self, Checking, load};
use crate::options::{Child, Effort, Options, Target};
use crate::report::{Difference, Sink};
use crate::subject::Subject;
use crate::{Level, Outcome, Report};

/// Checks a library or a linked plugin at every level up to `up_to`. What is wrong is in the report;
/// later levels are looked at even if an earlier one failed, as long as the library can be loaded.
pub fn check(target: &Target, up_to: Level, options: &Options) -> Report {
    let levels = Level::ALL.into_iter().take_while(|level| *level <= up_to);
    let mut report = Report { library: name(target), ..Report::default() };
    for level in levels {
        report.levels.push(level);
        if level == Level::Static {
            levels::still::check(target, &mut report);
            continue;
        }
        let found = match (&options.child, target) {
            (Some(program), Target::File(path)) => in_children(program, path, level, options),
            _ => level_here(target, level, options),
        };
        let seen = found.findings.iter().any(|finding| !matches!(finding.outcome, Outcome::Skipped { .. }));
        if level == Level::Process && !seen {
            report.levels.pop();
        }
        report.append(found);
        if report.failures().any(|finding| finding.level <= Level::Load) {
            break;
        }
    }
    report
}

/// One level, and what takes a process of its own each time.
fn in_children(program: &Child, library: &Path, level: Level, options: &Options) -> Report {
    let run = |task| child::run(program, library, level, task, options);
    let mut found = run(Task::Level);
    let more: Vec<Task> = match level {
        Level::Load if found.is_green() => HostShape::ALL.map(Task::Host).to_vec(),
        Level::Stress if found.is_green() => moments(options).map(|after_us| Task::Cancel { after_us }).collect(),
        _ => Vec::new(),
    };
    for task in more {
        found.append(run(task));
    }
    found
}

/// Microseconds after which runs are cancelled: at once, and at moments of the first 50 ms.
fn moments(options: &Options) -> impl Iterator<Item = u64> {
    let count = if options.effort == Effort::Full { 8 } else { 2 };
    let seed = options.seed;
    (0..count).map(move |number| if number == 0 { 0 } else { hash(seed, number) % 50_000 })
}

/// One level above `static`, in a process that nothing else uses.
pub(crate) fn level_alone(target: &Target, level: Level, options: &Options) -> Report {
    // Files that loading leaves open are not the plugin's.
    let _registry = load::open(target);
    let before = Surroundings::now();
    let mut report = level_here(target, level, options);
    if level == Level::Contract {
        let changed = Surroundings::now().changed_since(&before);
        let mut sink = Sink::new(level, None, &mut report.findings);
        sink.verdict("leaves-the-process-alone", (!changed.is_empty()).then(|| intruded(&changed)));
    }
    report
}

fn intruded(changed: &[&str]) -> Difference {
    Difference::new(
        "calls leave the process as it was",
        format!("it has another {}", changed.join(", another ")),
        "change nothing that the run and other plugins share; open files in `create` and close them in `destroy`",
    )
}

/// One level above `static`, in this process.
pub(crate) fn level_here(target: &Target, level: Level, options: &Options) -> Report {
    let mut report = Report { library: name(target), ..Report::default() };
    let Some(registry) = load::registry(target, level, &mut report) else {
        return report;
    };
    describe(&registry, &mut report);
    if level == Level::Load {
        load::check(target, &registry, &mut report);
        return report;
    }
    let wanted = |name: &str| options.criterion.as_deref().is_none_or(|only| only == name);
    for info in registry.criteria().filter(|info| wanted(&info.name)) {
        let mut sink = Sink::new(level, Some(&info.name), &mut report.findings);
        let checking = Checking { registry: &registry, info, options, target };
        levels::run(level, &checking, &mut sink);
    }
    report
}

/// Whether the library starts and works under a host of another shape. It must not be loaded yet.
pub(crate) fn under(target: &Target, shape: HostShape, options: &Options) -> Report {
    let mut report = Report::default();
    let mut sink = Sink::new(Level::Load, None, &mut report.findings);
    load::under(target, shape, options, &mut sink);
    report
}

/// A run that is cancelled. Nothing can run in this process afterwards.
pub(crate) fn cancelled(target: &Target, after: Duration, options: &Options) -> Report {
    let mut report = Report::default();
    let Some(registry) = load::registry(target, Level::Stress, &mut report) else {
        return report;
    };
    // The first one alone: after it nothing runs any more.
    let subject = registry.criteria().find_map(|info| Subject::find(&registry, info, options).ok());
    if let Some(subject) = subject {
        let mut sink = Sink::new(Level::Stress, Some(&subject.info.name), &mut report.findings);
        levels::stress::cancelled(&subject, after, &mut sink);
    }
    report
}

fn describe(registry: &Registry, report: &mut Report) {
    if let Some(plugin) = registry.plugins().first() {
        report.plugin = plugin.name().to_owned();
        report.version = plugin.version().to_owned();
        report.sha256 = plugin.sha256().to_owned();
    }
}

fn name(target: &Target) -> String {
    match target {
        Target::File(path) => path.display().to_string(),
        Target::Linked(linked) => {
            segmenta_plugin_abi::note::text(&linked.note.name).unwrap_or("a plugin that is linked in").to_owned()
        }
    }
}
