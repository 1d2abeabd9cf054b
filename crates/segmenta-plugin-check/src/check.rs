//! The check: one level after the other, here or in a child process.

use segmenta_plugin_host::Registry;

use crate::levels::{self, Checking};
use crate::options::{Options, Target};
use crate::report::Sink;
use crate::subject::Subject;
use crate::{Level, Outcome, Report, child};

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
            (Some(program), Target::File(path)) => child::run(program, path, level, options),
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

/// One level above `static`, in this process.
pub(crate) fn level_here(target: &Target, level: Level, options: &Options) -> Report {
    let mut report = Report { library: name(target), ..Report::default() };
    let Some(registry) = levels::load::registry(target, level, &mut report) else {
        return report;
    };
    describe(&registry, &mut report);
    if level == Level::Load {
        levels::load::check(target, &registry, &mut report);
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

/// What can only be tried at the end of a process: the level `stress` after the run was cancelled.
pub(crate) fn last_words(target: &Target, options: &Options, report: &mut Report) {
    let Some(registry) = levels::load::registry(target, Level::Stress, report) else {
        return;
    };
    // The first one alone: after it nothing runs any more.
    let subject = registry.criteria().find_map(|info| Subject::find(&registry, info, options).ok());
    if let Some(subject) = subject {
        let mut sink = Sink::new(Level::Stress, Some(&subject.info.name), &mut report.findings);
        levels::stress::cancelled(&subject, &mut sink);
    }
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
