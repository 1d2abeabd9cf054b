//! What the author's commands work on: a library, and options and rows to try it with.

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use segmenta_plugin_check::{AS_OF_US, Effort, Fixture, FixtureRows, Options, Target};
use serde_json::{Map, Value};

use crate::arguments::Param;
use crate::plugins;
use crate::program::Program;

/// Options and rows for a criterion.
#[derive(Debug, Clone, Args)]
pub(super) struct Subject {
    /// Library file, or the name of a built-in plugin
    #[arg(value_name = "LIBRARY")]
    library: PathBuf,
    /// Criterion, if the library has several
    #[arg(short, long, value_name = "NAME")]
    pub(super) criterion: Option<String>,
    /// Option of the criterion as JSON; text needs no quotes; repeat for several
    #[arg(short, long = "param", value_name = "NAME=VALUE")]
    params: Vec<Param>,
    /// CSV file with a header; columns are named as the inputs, an empty field is null
    #[arg(long, value_name = "FILE")]
    pub(super) rows: Option<PathBuf>,
    /// Day of the run
    #[arg(long, value_name = "DATE")]
    as_of: Option<Date>,
}

impl Subject {
    /// A file if there is one, else a plugin that is linked in.
    pub(super) fn target(&self, program: &Program<'_>) -> Target {
        let path = self.path(program);
        let built_in = self.library.to_str().filter(|_| !path.exists()).and_then(plugins::built_in);
        built_in.map_or(Target::File(path), Target::Linked)
    }

    pub(super) fn path(&self, program: &Program<'_>) -> PathBuf {
        program.path(&self.library)
    }

    /// The criterion's options as an object.
    pub(super) fn params(&self) -> Value {
        let value = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
        let pairs = self.params.iter().map(|param| (param.name.clone(), value(&param.value)));
        Value::Object(pairs.collect::<Map<_, _>>())
    }

    /// Microseconds since 1970-01-01 UTC.
    pub(super) fn as_of_us(&self) -> i64 {
        let midnight = self.as_of.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
        midnight.map_or(AS_OF_US, |midnight| midnight.timestamp().as_microsecond())
    }

    /// How a check goes about it: levels that may end the process run in this program started again.
    pub(super) fn options(&self, program: &Program<'_>, effort: Effort) -> Options {
        let rows = |path: &PathBuf| FixtureRows::Csv(program.path(path));
        let given = self.rows.is_some() || !self.params.is_empty();
        let fixture = given.then(|| Fixture {
            criterion: self.criterion.clone(),
            params: self.params(),
            rows: self.rows.as_ref().map_or(FixtureRows::Generated, rows),
        });
        Options {
            criterion: self.criterion.clone(),
            fixtures: fixture.into_iter().collect(),
            as_of_us: self.as_of_us(),
            effort,
            child: Some(program.environment.plugin_check.clone()),
            launcher: Some(program.environment.plugin_host.clone()),
            ..Options::default()
        }
    }
}
