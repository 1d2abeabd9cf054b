//! How a source's file is decoded: `format` and the keys that belong to it.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields, Problems, unknown_choice};
use crate::model::{Compression, CsvFormat, Encoding, FixedFormat, Format};
use crate::read::columns::plain_texts;
use crate::read::reader::Reader;

const FORMATS: [&str; 5] = ["parquet", "csv", "ndjson", "ipc", "fixed"];

/// Endings that name a format.
const ENDINGS: [(&str, &str); 9] = [
    ("parquet", "parquet"),
    ("csv", "csv"),
    ("tsv", "tsv"),
    ("ndjson", "ndjson"),
    ("jsonl", "ndjson"),
    ("arrow", "ipc"),
    ("arrows", "ipc"),
    ("ipc", "ipc"),
    ("feather", "ipc"),
];

const ENCODINGS: [(&str, Encoding); 3] =
    [("utf-8", Encoding::Utf8), ("latin1", Encoding::Latin1), ("cp1252", Encoding::Cp1252)];

const COMPRESSIONS: [(&str, Compression); 3] =
    [("none", Compression::None), ("gzip", Compression::Gzip), ("zstd", Compression::Zstd)];

impl Reader<'_> {
    /// The format, by its key or the path's ending. Parquet after a report.
    pub(super) fn format(&mut self, fields: &mut Fields<'_>, path: Option<Field<'_>>) -> Format {
        let problems = &mut self.problems;
        let named = fields.optional("format").map(|field| (field, field.word(problems)));
        let name = match named {
            Some((field, Some(word))) if !FORMATS.contains(&word) => {
                problems.push(unknown_choice("format", word, field.span(), FORMATS.into_iter()));
                return Format::Parquet;
            }
            Some((_, word)) => word.unwrap_or("parquet"),
            None => match by_ending(path, problems) {
                Some(format) => format,
                None => return Format::Parquet,
            },
        };
        match name {
            "csv" => Format::Csv(csv(fields, b',', problems)),
            "tsv" => Format::Csv(csv(fields, b'\t', problems)),
            "ndjson" => Format::Ndjson,
            "ipc" => Format::Ipc,
            "fixed" => Format::Fixed(fixed(fields, problems)),
            _ => Format::Parquet,
        }
    }
}

fn by_ending(path: Option<Field<'_>>, problems: &mut Problems) -> Option<&'static str> {
    let path = path?;
    let text = &path.text(&mut Problems::new())?.text;
    let file = text.rsplit('/').next().unwrap_or(text).to_lowercase();
    let file = file.trim_end_matches(".gz").trim_end_matches(".zst").trim_end_matches('*');
    let ending = file.rsplit_once('.').map_or("", |(_, ending)| ending);
    let format = ENDINGS.iter().find(|(known, _)| *known == ending).map(|(_, format)| *format);
    if format.is_none() {
        let problem = Diagnostic::error(Code::MissingKey, format!("`{text}` does not tell the format"));
        let hint = "it is one of parquet, csv, ndjson, ipc and fixed";
        problems.push(problem.at(path.span(), "add `format`").hint(hint));
    }
    format
}

fn csv(fields: &mut Fields<'_>, delimiter: u8, problems: &mut Problems) -> CsvFormat {
    let quote = fields.optional("quote");
    CsvFormat {
        delimiter: fields.optional("delimiter").and_then(|field| byte(field, problems)).unwrap_or(delimiter),
        header: fields.optional("header").and_then(|field| field.boolean(problems)).unwrap_or(true),
        quote: match quote {
            Some(field) if field.text(problems).is_some_and(|text| text.text.is_empty()) => None,
            Some(field) => byte(field, problems),
            None => Some(b'"'),
        },
        encoding: fields
            .optional("encoding")
            .and_then(|field| field.choice(&ENCODINGS, problems))
            .unwrap_or(Encoding::Utf8),
        compression: fields
            .optional("compression")
            .and_then(|field| field.choice(&COMPRESSIONS, problems))
            .unwrap_or(Compression::Auto),
        nulls: nulls(fields, problems),
        trim: fields.optional("trim").and_then(|field| field.boolean(problems)).unwrap_or(false),
    }
}

fn fixed(fields: &mut Fields<'_>, problems: &mut Problems) -> FixedFormat {
    let skip = fields.optional("skip").and_then(|field| field.whole(0, problems)).unwrap_or(0);
    FixedFormat { skip: usize::try_from(skip).unwrap_or(usize::MAX), nulls: nulls(fields, problems) }
}

fn nulls(fields: &mut Fields<'_>, problems: &mut Problems) -> Vec<String> {
    fields.optional("nulls").map_or_else(|| vec![String::new()], |field| plain_texts(field, problems))
}

/// A text of one byte.
fn byte(field: Field<'_>, problems: &mut Problems) -> Option<u8> {
    match field.text(problems)?.text.as_bytes() {
        [byte] => Some(*byte),
        _ => {
            field.out_of_range("a single ASCII character", problems);
            None
        }
    }
}
