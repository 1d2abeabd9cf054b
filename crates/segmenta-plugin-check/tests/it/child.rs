//! A library that ends the process ends only a child.

use std::fs;
use std::path::Path;

use segmenta_plugin_check::{Child, Effort, Fixture, Kind, Lang, Launcher, Level, Options, Outcome, Target, check};

use crate::built;

/// The program that stands for `segmenta` here.
const PROGRAM: &str = env!("CARGO_BIN_EXE_segmenta-plugin-child");

fn child() -> Child {
    Child { program: PROGRAM.into(), arguments: vec!["check".into()] }
}

fn options(project: &Path) -> Options {
    let fixtures = vec![Fixture::csv(project.join("fixture.csv"))];
    let launcher = Some(Launcher { program: PROGRAM.into(), ..Launcher::default() });
    Options { fixtures, effort: Effort::Quick, child: Some(child()), launcher, ..Options::default() }
}

#[test]
fn a_library_that_aborts_when_loaded_is_found() {
    if !built::has_c() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let library = built::project(folder.path(), "calm", Lang::C, Kind::Row);
    let project = folder.path().join("calm");
    let report = check(&Target::File(library.clone()), Level::Contract, &options(&project));
    assert_eq!(report.reached(), Some(Level::Contract), "{}", report.text());
    assert_eq!((report.plugin.as_str(), report.sha256.len()), ("calm", 64));

    let source = project.join("calm.c");
    let angry =
        fs::read_to_string(&source).unwrap() + "\n__attribute__((constructor)) static void end(void) { abort(); }\n";
    fs::write(&source, angry).unwrap();
    built::run(&project, "make", &[]);
    let report = check(&Target::File(library), Level::Contract, &options(&project));
    assert_eq!(report.reached(), Some(Level::Static), "{}", report.text());
    let found = report.failed("survives").unwrap();
    let Outcome::Failed(difference) = &found.outcome else { unreachable!("it failed") };
    assert!(difference.came.contains("signal 6"), "{difference:?}");
}

#[test]
fn a_library_gives_the_same_in_a_process_of_its_own() {
    if !built::has_c() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let library = built::project(folder.path(), "apart", Lang::C, Kind::Fitted);
    let target = Target::File(library);
    let report = check(&target, Level::Process, &options(&folder.path().join("apart")));
    assert_eq!(report.reached(), Some(Level::Process), "{}", report.text());
    let rules = ["same-model", "cancelled", "little-time", "killed", "shorter-host", "longer-host", "own-threads"];
    for rule in rules {
        assert!(report.findings.iter().any(|finding| finding.rule == rule), "{rule}");
    }
    let without = Options { launcher: None, ..options(&folder.path().join("apart")) };
    let report = check(&target, Level::Process, &without);
    assert_eq!(report.reached(), Some(Level::Stress), "{}", report.text());
}

/// A project whose `apply` does something else first.
fn rude(folder: &Path, name: &str, deed: &str) -> Target {
    let library = built::project(folder, name, Lang::C, Kind::Row);
    let path = folder.join(name).join(format!("{name}.c"));
    let source = fs::read_to_string(&path).unwrap();
    let headers = "#include <errno.h>\n#include <fcntl.h>\n#include <pthread.h>\n#include <signal.h>\n\
        #include <stdlib.h>\n#include <sys/resource.h>\n#include <sys/stat.h>\n#include <unistd.h>\n";
    let helpers = "static void* nap(void* of) { usleep(500000); return of; }\nstatic const seg_host* HOST;\n";
    let first = "#include \"seg_plugin.h\"\n";
    let own = format!("#define _GNU_SOURCE\n{headers}{first}{helpers}static void deed(void) {{ (void)nap; {deed} }}\n");
    let inside = "  const double from = self->threshold;\n";
    let changed = source.replace(first, &own).replace(inside, &format!("{inside}  deed();\n"));
    assert_eq!(changed.matches("deed()").count(), 1, "{changed}");
    fs::write(path, changed).unwrap();
    built::run(&folder.join(name), "make", &[]);
    Target::File(library)
}

#[test]
fn a_library_that_changes_the_process_is_found() {
    if !built::has_c() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let deeds = [
        ("(void)!chdir(\"/\");", "working directory"),
        ("umask(0);", "file mask"),
        ("setenv(\"SEGMENTA_TEST_LEFT\", \"1\", 1);", "environment"),
        ("signal(SIGINT, SIG_IGN);", "signal handlers"),
        (
            "struct rlimit l; \
          getrlimit(RLIMIT_NOFILE, &l); l.rlim_cur = 500; setrlimit(RLIMIT_NOFILE, &l);",
            "resource limits",
        ),
        ("static int once; if (!once++) (void)!open(\"/dev/null\", O_RDONLY);", "files left open"),
        ("static int once; if (!once++ && fork() == 0) { sleep(5); _exit(0); }", "processes left behind"),
    ];
    for (number, (deed, named)) in deeds.into_iter().enumerate() {
        let name = format!("rude{number}");
        let target = rude(folder.path(), &name, deed);
        let report = check(&target, Level::Contract, &options(&folder.path().join(&name)));
        let found = report.failed("leaves-the-process-alone").unwrap_or_else(|| panic!("{named}: {}", report.text()));
        let Outcome::Failed(difference) = &found.outcome else { unreachable!("it failed") };
        assert!(difference.came.contains(named), "{named}: {difference:?}");
        assert_eq!(report.reached(), Some(Level::Load), "{}", report.text());
    }
}

#[test]
fn a_library_that_reads_more_of_its_host_than_there_is_is_found() {
    if !built::has_c() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let deed = "if (HOST) { seg_str name = {\"calls\", 5}; HOST->metric(HOST->ctx, name, 1.0); }";
    let target = rude(folder.path(), "greedy", deed);
    let project = folder.path().join("greedy");
    let path = project.join("greedy.c");
    let source = fs::read_to_string(&path).unwrap();
    let keep = source.replace("(void)host, (void)err;", "(void)err;\n  HOST = host;");
    assert_ne!(keep, source);
    fs::write(&path, keep).unwrap();
    built::run(&project, "make", &[]);
    let report = check(&target, Level::Load, &options(&project));
    let found = report.failed("survives").unwrap_or_else(|| panic!("{}", report.text()));
    let Outcome::Failed(difference) = &found.outcome else { unreachable!("it failed") };
    assert!(difference.expected.contains("shorter-host") && difference.came.contains("signal 11"), "{difference:?}");
    assert_eq!(report.failures().count(), 1, "{}", report.text());
}

#[test]
fn threads_of_a_library_are_counted() {
    if !built::has_c() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let deed = "pthread_t thread; if (pthread_create(&thread, NULL, nap, NULL) == 0) pthread_detach(thread);";
    let target = rude(folder.path(), "many", deed);
    let report = check(&target, Level::Stress, &options(&folder.path().join("many")));
    let found = report.findings.iter().find(|finding| finding.rule == "own-threads").unwrap();
    assert!(matches!(found.outcome, Outcome::Warned(_)), "{}", report.text());
}
