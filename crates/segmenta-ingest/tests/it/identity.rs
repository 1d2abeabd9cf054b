//! The books add up for any text, however dirty.

use segmenta_pipeline::model::{Column, ColumnType, Format, Source};

use crate::support::{column, csv, made, nullable, scan, scan_with, source};

/// A small generator of numbers, seeded: the same texts on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.roll(choices.len() as u64) as usize]
    }
}

const CELLS: [&str; 14] =
    ["1", "2", "-3", "x", "", "\"q\"", "\"a,b\"", "\"a\nb\"", "\"\"\"\"", "\"open", "a\"b", "\"c\"d", "é", " "];

fn dirty(dice: &mut Dice, lines: u64) -> String {
    let mut text = String::from("a,b\n");
    for _ in 0..lines {
        match dice.roll(10) {
            0 => {}
            1 => text.push_str(dice.pick(&CELLS)),
            2 => text.push_str(&[dice.pick(&CELLS), dice.pick(&CELLS), dice.pick(&CELLS)].join(",")),
            _ => text.push_str(&[dice.pick(&CELLS), dice.pick(&CELLS)].join(",")),
        }
        text.push_str(dice.pick(&["\n", "\n", "\r\n"]));
    }
    text
}

fn columns() -> Vec<(&'static str, Column)> {
    vec![
        ("a", Column { min: Some(0.0), ..nullable(ColumnType::Int64) }),
        (
            "b",
            Column {
                allowed: Some(vec!["1".into(), "q".into(), "é".into(), "a\nb".into()]),
                ..nullable(ColumnType::String)
            },
        ),
    ]
}

#[test]
fn found_is_accepted_and_bad_and_blank_whatever_the_text() {
    let mut dice = Dice(7);
    for case in 0..300 {
        let text = dirty(&mut dice, 1 + case % 40);
        let file = made("a.csv", &text);
        let outcome = scan(&csv(&file.path, columns())).unwrap();
        let books = &outcome.accounting;
        assert_eq!(books.found, books.accepted + books.bad_rows() + books.blank, "{text:?}");
        assert_eq!(books.accepted as usize, outcome.rows.num_rows());
        assert_eq!(books.bad_rows() as usize, outcome.rejects.len());
        let pieces = scan_with(&csv(&file.path, columns()), Default::default(), 3).unwrap();
        assert_eq!((&pieces.rows, &pieces.rejects, &pieces.accounting), (&outcome.rows, &outcome.rejects, books));
    }
}

#[test]
fn a_good_line_after_any_dirt_is_still_read() {
    let mut dice = Dice(11);
    let unique = || vec![("a", column(ColumnType::Int64)), ("b", nullable(ColumnType::String))];
    for _ in 0..300 {
        // A line with a quote closes or breaks whatever was open before it; the one after it is then safe.
        let text = format!("{}4711,\"last\"x\n4712,last\n", dirty(&mut dice, 12));
        let file = made("a.csv", &text);
        let outcome = scan(&csv(&file.path, unique())).unwrap();
        let last = crate::support::texts(&outcome.rows, "a").pop();
        assert_eq!(last.as_deref(), Some("4712"), "{text:?}");
    }
}

/// The rejected text, put in a file of its own after the fault is mended, gives the row.
#[test]
fn quarantined_text_can_be_read_again() {
    let file = made("a.csv", "a,b\n1,\"x\ny\"\n-2,q\n3,1,\n");
    let outcome = scan(&csv(&file.path, columns())).unwrap();
    let again: Vec<String> = outcome.rejects.iter().map(|reject| reject.text.clone()).collect();
    assert_eq!(again, ["1,\"x\ny\"", "-2,q", "3,1,"]);
    let again = made(
        "b.csv",
        format!(
            "a,b\n{}\n",
            again.join("\n").replace("3,1,", "3,1").replace("-2", "2").replace('x', "a").replace("y", "b")
        ),
    );
    assert_eq!(scan(&csv(&again.path, columns())).unwrap().accounting.accepted, 3);
}

#[test]
fn random_bytes_are_read_or_refused() {
    let mut dice = Dice(13);
    for _ in 0..200 {
        let bytes: Vec<u8> = (0..dice.roll(200)).map(|_| dice.roll(256) as u8).collect();
        let text = made("a.csv", [b"a,b\n", bytes.as_slice()].concat());
        let delimited = scan(&csv(&text.path, columns())).unwrap();
        assert_eq!(delimited.accounting.found, delimited.accounting.accounted());
        let json = made("a.ndjson", &bytes);
        let json: Source = source(&json.path, Format::Ndjson, columns());
        let lines = scan(&json).unwrap().accounting;
        assert_eq!(lines.found, lines.accounted());
    }
}
