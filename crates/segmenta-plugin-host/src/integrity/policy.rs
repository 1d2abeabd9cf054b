//! What the operator of a machine lets run on it. The file is not part of any pipeline's repository, and
//! a pipeline can only be stricter.
//!
//! ```toml
//! policy_version = 1
//! require = "locked"             # or "any", "allow-listed"
//! in_process = "checked"         # or "any", "never"
//! side_effects = "refuse"        # or "warn"
//! trusted = ["/opt/segmenta/plugins"]
//!
//! [[allow]]
//! sha256 = "9f2c…"
//! note = "acme-rfm 1.4.0, reviewed"
//! ```

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::is_digest;
use crate::{Document, Error, Result, SideEffects};

/// The only version of the file.
const VERSION: u32 = 1;

/// What must be known of a library before it may run, from loose to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Require {
    /// Nothing.
    #[default]
    Any,
    /// Its digest is in `plugins.lock`.
    Locked,
    /// Its digest is in the policy.
    AllowListed,
}

/// Who may run in the runner's own process, from loose to strict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InProcess {
    /// Whoever the pipeline says.
    #[default]
    Any,
    /// Libraries that are locked at level `stress` or above.
    Checked,
    /// Nobody who comes from a file.
    Never,
}

/// The operator's rules. Without a file everything is allowed, and a process is chosen with care.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// What must be known of a library.
    pub require: Require,
    /// Who may run in the runner's process.
    pub in_process: InProcess,
    /// What it means that a library's initialisers change the process.
    pub side_effects: SideEffects,
    /// Libraries must lie below one of these, if there are any.
    pub trusted: Vec<PathBuf>,
    /// Digests that may run under [`Require::AllowListed`], sorted.
    pub allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    policy_version: u32,
    #[serde(default)]
    require: Require,
    #[serde(default)]
    in_process: InProcess,
    #[serde(default)]
    side_effects: WrittenEffects,
    #[serde(default)]
    trusted: Vec<PathBuf>,
    #[serde(default)]
    allow: Vec<Allowed>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenEffects {
    #[default]
    Warn,
    Refuse,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Allowed {
    sha256: String,
    #[serde(default, rename = "note")]
    _note: String,
}

impl Policy {
    /// Reads a policy file.
    ///
    /// # Errors
    /// [`Error::Read`], [`Error::BadDocument`]: a policy that cannot be understood allows nothing.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|source| Error::Read { path: path.to_owned(), source })?;
        Self::parse(path, &text)
    }

    /// The policy in `text`; `path` is for messages.
    ///
    /// # Errors
    /// [`Error::BadDocument`].
    pub fn parse(path: &Path, text: &str) -> Result<Self> {
        let bad = |problem: String| Error::BadDocument { document: Document::Policy, path: path.to_owned(), problem };
        let written: Written = toml::from_str(text).map_err(|error| bad(error.to_string()))?;
        if written.policy_version != VERSION {
            return Err(bad(format!("version {} is not known", written.policy_version)));
        }
        if let Some(relative) = written.trusted.iter().find(|path| path.is_relative()) {
            return Err(bad(format!("`{}` is not absolute", relative.display())));
        }
        let mut allow: Vec<String> = written.allow.into_iter().map(|allowed| allowed.sha256).collect();
        if let Some(wrong) = allow.iter().find(|digest| !is_digest(digest)) {
            return Err(bad(format!("`{wrong}` is no SHA-256 of 64 lower-case hex digits")));
        }
        allow.sort_unstable();
        let side_effects = match written.side_effects {
            WrittenEffects::Warn => SideEffects::Warn,
            WrittenEffects::Refuse => SideEffects::Refuse,
        };
        let Written { require, in_process, trusted, .. } = written;
        Ok(Self { require, in_process, side_effects, trusted, allow })
    }

    /// The rules for a pipeline that asks for `require` itself: the stricter of both.
    pub fn stricter(&self, require: Require) -> Require {
        self.require.max(require)
    }

    /// Whether a file of this place and digest may be looked at any further. Whether it is locked is
    /// seen once its name is known.
    ///
    /// # Errors
    /// [`Error::NotAllowed`].
    pub fn check_file(&self, path: &Path, sha256: &str, require: Require) -> Result<()> {
        let refused = |problem: &str| {
            Err(Error::NotAllowed { plugin: format!("`{}`", path.display()), problem: problem.to_owned() })
        };
        if !self.trusted.is_empty() && !self.trusts(path) {
            return refused("it is in no directory that the policy trusts");
        }
        if self.stricter(require) == Require::AllowListed && self.allow.binary_search(&sha256.to_owned()).is_err() {
            return refused("its digest is not on the list of the policy");
        }
        Ok(())
    }

    /// Links are followed, so that a link in a trusted directory does not lead out of it.
    fn trusts(&self, path: &Path) -> bool {
        let Ok(path) = path.canonicalize() else {
            return false;
        };
        let below = |directory: &PathBuf| directory.canonicalize().is_ok_and(|directory| path.starts_with(directory));
        self.trusted.iter().any(below)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Policy> {
        Policy::parse(Path::new("policy.toml"), text)
    }

    #[test]
    fn a_policy_is_read_with_defaults() {
        assert_eq!(parse("policy_version = 1").unwrap(), Policy::default());
        let text = format!(
            "policy_version = 1\nrequire = \"allow-listed\"\nin_process = \"never\"\nside_effects = \"refuse\"\n\
             trusted = [\"/opt\"]\n[[allow]]\nsha256 = \"{}\"\nnote = \"why\"\n",
            "a0".repeat(32)
        );
        let policy = parse(&text).unwrap();
        assert_eq!((policy.require, policy.in_process), (Require::AllowListed, InProcess::Never));
        assert_eq!((policy.side_effects, policy.allow.len()), (SideEffects::Refuse, 1));
    }

    #[test]
    fn what_cannot_be_understood_allows_nothing() {
        let wrong = [
            "",
            "policy_version = 9",
            "policy_version = 1\nrequire = \"signed\"",
            "policy_version = 1\nreqire = \"any\"",
            "policy_version = 1\ntrusted = [\"plugins\"]",
            "policy_version = 1\n[[allow]]\nsha256 = \"aa\"",
        ];
        for text in wrong {
            assert_eq!(parse(text).unwrap_err().code(), "bad-policy", "{text}");
        }
    }

    #[test]
    fn a_pipeline_can_only_be_stricter() {
        let locked = Policy { require: Require::Locked, ..Policy::default() };
        assert_eq!(locked.stricter(Require::Any), Require::Locked);
        assert_eq!(locked.stricter(Require::AllowListed), Require::AllowListed);
    }

    #[test]
    fn a_link_does_not_lead_out_of_a_trusted_directory() {
        let (trusted, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = outside.path().join("lib.so");
        std::fs::write(&file, "x").unwrap();
        let link = trusted.path().join("lib.so");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        let inside = trusted.path().join("own.so");
        std::fs::write(&inside, "x").unwrap();
        let policy = Policy { trusted: vec![trusted.path().to_owned()], ..Policy::default() };
        policy.check_file(&inside, "", Require::Any).unwrap();
        assert_eq!(policy.check_file(&link, "", Require::Any).unwrap_err().code(), "not-allowed");
    }
}
