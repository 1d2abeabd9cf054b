//! Where records of text start and end. It finds borders only; fields are the decoder's business.

use memchr::{memchr, memchr_iter, memchr2};

/// One record, or what stands in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: FrameKind,
    /// Bytes of the record, its line end left out.
    pub(crate) content: usize,
    /// Bytes to the start of the next record.
    pub(crate) total: usize,
    /// Lines it spans.
    pub(crate) lines: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameKind {
    Record,
    Blank,
    /// A line on which a quoted field goes wrong.
    BadQuote,
}

/// A quoted field that does not end within so many bytes is taken for one that is never closed.
pub(crate) const MAX_QUOTED_BYTES: usize = 1024 * 1024;

/// The line at the start of `pending`; `None` when its end is not there yet.
pub(crate) fn line(pending: &[u8], at_end: bool) -> Option<Frame> {
    let (content, total) = match memchr(b'\n', pending) {
        Some(end) => (end, end + 1),
        None if at_end && !pending.is_empty() => (pending.len(), pending.len()),
        None => return None,
    };
    let content = if pending[..content].ends_with(b"\r") { content - 1 } else { content };
    let kind = if content == 0 { FrameKind::Blank } else { FrameKind::Record };
    Some(Frame { kind, content, total, lines: 1 })
}

/// Borders of delimited records.
///
/// A field that starts with the quote runs to the next single quote and may hold line ends; after the
/// closing quote only a delimiter or the end of the record may follow. A quote inside a field that does
/// not start with one is an ordinary byte. When a quoted field breaks this rule, is not closed within
/// [`MAX_QUOTED_BYTES`] or before the end of the file, or when a record of several lines does not have
/// the number of fields its file has, its **first line alone** is bad, and reading goes on at the next
/// line. So one stray quote costs the lines it spoils, not the rest of the file.
#[derive(Debug, Clone)]
pub(crate) struct Lexer {
    pub(crate) delimiter: u8,
    pub(crate) quote: Option<u8>,
    /// Fields of a good record; `None` while the header is read.
    pub(crate) fields: Option<usize>,
}

enum Quoted {
    Closed(Frame),
    Broken,
    NeedsMore,
}

impl Lexer {
    /// The record at the start of `pending`; `None` when its end is not there yet.
    pub(crate) fn next(&self, pending: &[u8], at_end: bool) -> Option<Frame> {
        let line = line(pending, at_end)?;
        let Some(quote) = self.quote else {
            return Some(line);
        };
        if line.kind == FrameKind::Blank || memchr(quote, &pending[..line.content]).is_none() {
            return Some(line);
        }
        match self.quoted(pending, at_end, quote) {
            Quoted::Closed(frame) => Some(frame),
            Quoted::Broken => Some(Frame { kind: FrameKind::BadQuote, ..line }),
            Quoted::NeedsMore => None,
        }
    }

    fn quoted(&self, pending: &[u8], at_end: bool, quote: u8) -> Quoted {
        let mut at = 0;
        let mut fields = 1;
        let mut lines = 1;
        loop {
            if pending.get(at) == Some(&quote) {
                let Some(close) = closing_quote(&pending[at + 1..], quote, at_end) else {
                    let hopeless = at_end || pending.len() > MAX_QUOTED_BYTES;
                    return if hopeless { Quoted::Broken } else { Quoted::NeedsMore };
                };
                lines += memchr_iter(b'\n', &pending[at + 1..at + 1 + close]).count() as u64;
                at += close + 2;
            } else {
                let rest = &pending[at..];
                at += memchr2(self.delimiter, b'\n', rest).unwrap_or(rest.len());
            }
            match &pending[at..] {
                [next, ..] if *next == self.delimiter => {
                    fields += 1;
                    at += 1;
                }
                [b'\n', ..] => return self.closed(pending, at, at + 1, fields, lines),
                [b'\r', b'\n', ..] => return self.closed(pending, at, at + 2, fields, lines),
                [] | [b'\r'] if at_end => {
                    return self.closed(pending, at, pending.len(), fields, lines);
                }
                [] | [b'\r'] => return Quoted::NeedsMore,
                _ => return Quoted::Broken,
            }
        }
    }

    fn closed(&self, pending: &[u8], end: usize, total: usize, fields: usize, lines: u64) -> Quoted {
        if lines > 1 && self.fields.is_some_and(|expected| expected != fields) {
            return Quoted::Broken;
        }
        let content = if pending[..end].ends_with(b"\r") { end - 1 } else { end };
        Quoted::Closed(Frame { kind: FrameKind::Record, content, total, lines })
    }
}

/// Place of the quote that closes a field; doubled quotes are passed over. `None` when it is not there,
/// or when the byte that decides about it is not.
fn closing_quote(text: &[u8], quote: u8, at_end: bool) -> Option<usize> {
    let mut at = 0;
    loop {
        at += memchr(quote, &text[at..])?;
        match text.get(at + 1) {
            Some(next) if *next == quote => at += 2,
            None if !at_end => return None,
            _ => return Some(at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kind, content and lines of every record.
    fn frames(text: &str, fields: usize) -> Vec<(FrameKind, &str, u64)> {
        let lexer = Lexer { delimiter: b',', quote: Some(b'"'), fields: Some(fields) };
        let mut rest = text;
        let mut found = Vec::new();
        while let Some(frame) = lexer.next(rest.as_bytes(), true) {
            found.push((frame.kind, &rest[..frame.content], frame.lines));
            rest = &rest[frame.total..];
        }
        assert!(rest.is_empty());
        found
    }

    use FrameKind::{BadQuote, Blank, Record};

    #[test]
    fn plain_lines_with_and_without_a_last_line_end() {
        assert_eq!(frames("a,b\r\n\nc,d", 2), [(Record, "a,b", 1), (Blank, "", 1), (Record, "c,d", 1)]);
    }

    #[test]
    fn a_quoted_field_may_hold_line_ends_delimiters_and_doubled_quotes() {
        let text = "1,\"a\nb,\"\"c\"\"\"\r\n2,x\n";
        assert_eq!(frames(text, 2), [(Record, "1,\"a\nb,\"\"c\"\"\"", 2), (Record, "2,x", 1)]);
    }

    #[test]
    fn a_quote_inside_a_bare_field_is_an_ordinary_byte() {
        assert_eq!(frames("5\" disk,1\nx,2\n", 2), [(Record, "5\" disk,1", 1), (Record, "x,2", 1)]);
    }

    #[test]
    fn a_quote_never_closed_costs_its_own_line() {
        assert_eq!(frames("1,\"a\n2,b\n3,c\n", 2), [(BadQuote, "1,\"a", 1), (Record, "2,b", 1), (Record, "3,c", 1)]);
    }

    #[test]
    fn a_quote_closed_by_a_later_record_costs_its_own_line() {
        let text = "1,\"a\n2,\"b\"\n3,c\n";
        assert_eq!(frames(text, 2), [(BadQuote, "1,\"a", 1), (Record, "2,\"b\"", 1), (Record, "3,c", 1)]);
    }

    #[test]
    fn a_record_over_several_lines_must_have_the_right_number_of_fields() {
        let text = "1,\"a\n2,\",9\n3,c\n";
        assert_eq!(frames(text, 2)[0], (BadQuote, "1,\"a", 1));
    }

    #[test]
    fn every_border_is_found_however_the_bytes_arrive() {
        let text = "1,\"a\"\"\r\nb\"\r\n2,\"x\"\r\n\r\n3,\"y";
        let lexer = Lexer { delimiter: b',', quote: Some(b'"'), fields: Some(2) };
        let mut at = 0;
        let mut in_steps = Vec::new();
        for arrived in 0..=text.len() {
            while let Some(frame) = lexer.next(&text.as_bytes()[at..arrived], arrived == text.len()) {
                in_steps.push((frame.kind, &text[at..at + frame.content], frame.lines));
                at += frame.total;
            }
        }
        assert_eq!(in_steps, frames(text, 2));
    }
}
