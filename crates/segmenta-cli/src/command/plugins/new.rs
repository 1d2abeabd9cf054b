//! `plugins new`: a project to start from.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use segmenta_plugin_check::{Kind, Lang, Sdk, new};

use crate::error::Result;
use crate::program::Program;

/// Start a plugin that builds, passes its check and runs in a pipeline
#[derive(Debug, Args)]
pub(crate) struct New {
    /// Lower-case letters, digits and `_`, a letter first
    name: String,
    /// Language
    #[arg(long, default_value = "rust")]
    lang: LangChoice,
    /// `row` looks at one row, `batch` at columns of rows, `fitted` learns from all rows first
    #[arg(long, default_value = "row")]
    kind: KindChoice,
    /// Folder of `segmenta-plugin-sdk`
    #[arg(long, value_name = "DIR", conflicts_with = "sdk_git")]
    sdk: Option<PathBuf>,
    /// Git repository that holds `segmenta-plugin-sdk`
    #[arg(long, value_name = "URL")]
    sdk_git: Option<String>,
    /// Where to; a folder of the plugin's name if it is not given
    #[arg(long = "out", value_name = "DIR")]
    folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LangChoice {
    Rust,
    C,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum KindChoice {
    Row,
    Batch,
    Fitted,
}

pub(super) fn run(arguments: &New, program: &mut Program<'_>) -> Result<()> {
    let lang = match arguments.lang {
        LangChoice::Rust => Lang::Rust,
        LangChoice::C => Lang::C,
    };
    let kind = match arguments.kind {
        KindChoice::Row => Kind::Row,
        KindChoice::Batch => Kind::Batch,
        KindChoice::Fitted => Kind::Fitted,
    };
    let sdk = match (&arguments.sdk, &arguments.sdk_git) {
        (Some(path), _) => Sdk::Path(program.path(path)),
        (None, Some(url)) => Sdk::Git(url.clone()),
        (None, None) => Sdk::Placeholder,
    };
    let given = arguments.folder.clone().unwrap_or_else(|| PathBuf::from(&arguments.name));
    for file in new(&arguments.name, lang, kind, &sdk, &program.path(&given))? {
        program.print(&format!("{}\n", given.join(file).display()))?;
    }
    program.tell(&format!("{} says what to do next\n", given.join("README.md").display()));
    Ok(())
}
