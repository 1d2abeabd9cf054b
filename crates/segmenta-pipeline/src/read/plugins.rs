//! `[plugins.X]`: libraries to load.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields, Problems};
use crate::model::{Isolation, OnHang, PluginUse, Sha256, Timeout};
use crate::read::reader::Reader;
use crate::tree::{Kind, Value};

const ISOLATIONS: [(&str, Isolation); 3] =
    [("auto", Isolation::Auto), ("in-process", Isolation::InProcess), ("process", Isolation::Process)];

const ON_HANG: [(&str, OnHang); 2] = [("wait", OnHang::Wait), ("abort_run", OnHang::AbortRun)];

impl Reader<'_> {
    pub(super) fn plugins(&mut self, file: &mut Fields<'_>) -> IndexMap<String, PluginUse> {
        let named = self.named(file, "plugins", "plugin");
        named.into_iter().map(|(name, fields)| (name, self.plugin_use(fields))).collect()
    }

    fn plugin_use(&mut self, mut fields: Fields<'_>) -> PluginUse {
        let path = fields.optional("path").map(|field| self.path(Some(field)));
        let problems = &mut self.problems;
        let plugin = PluginUse {
            path,
            sha256: fields.optional("sha256").and_then(|field| sha256(field, problems)),
            isolation: fields.optional("isolation").and_then(|field| field.choice(&ISOLATIONS, problems)),
            timeout: fields.optional("timeout").map(|field| timeout(field, problems)).unwrap_or_default(),
            memory: fields.optional("memory").and_then(|field| field.bytes(problems)),
            allow_nondeterministic: fields
                .optional("allow_nondeterministic")
                .and_then(|field| field.boolean(problems))
                .unwrap_or_default(),
            on_hang: fields.optional("on_hang").and_then(|field| field.choice(&ON_HANG, problems)),
            span: fields.span.clone(),
        };
        fields.finish(problems);
        plugin
    }
}

fn timeout(field: Field<'_>, problems: &mut Problems) -> Timeout {
    let Some(mut fields) = field.fields("`timeout`", problems) else {
        return Timeout::default();
    };
    let mut seconds = |key| fields.optional(key).and_then(|field: Field<'_>| field.seconds(problems));
    let timeout = Timeout { create: seconds("create"), fit: seconds("fit"), apply: seconds("apply") };
    fields.finish(problems);
    timeout
}

/// One digest, or a table of them by platform.
fn sha256(field: Field<'_>, problems: &mut Problems) -> Option<Sha256> {
    let Kind::Table(table) = &field.value().kind else {
        let text = field.text(problems)?.text.as_str();
        return digest(text, field.value(), problems).map(Sha256::One);
    };
    let mut digests = BTreeMap::new();
    for (platform, entry) in &table.entries {
        let text = Field { key: platform, entry }.text(problems);
        let digest = text.and_then(|text| digest(&text.text, &entry.value, problems));
        digests.extend(digest.map(|digest| (platform.clone(), digest)));
    }
    Some(Sha256::Each(digests))
}

fn digest(text: &str, value: &Value, problems: &mut Problems) -> Option<String> {
    if text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return Some(text.to_owned());
    }
    let problem = Diagnostic::error(Code::OutOfRange, format!("`{text}` is no SHA-256"));
    let problem = problem.at(&value.span, "64 lower-case hex digits");
    problems.push(problem.hint("`segmenta plugins describe LIBRARY --static` shows the digest of a library"));
    None
}
