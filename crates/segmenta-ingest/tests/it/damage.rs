//! Files cut anywhere and bytes turned over: read or refused, never a panic, never a silent loss.

use std::fs;

use segmenta_pipeline::model::{Format, Source};

use crate::contract::write_parquet;
use crate::formats::{batch, columns, write_ipc};
use crate::support::{csv, made, scan, source};

/// Reads every prefix of a file; returns how many could be read.
fn cut_everywhere(source: &Source) -> usize {
    let whole = fs::read(&source.path).unwrap();
    let readable = (0..whole.len()).filter(|&length| {
        fs::write(&source.path, &whole[..length]).unwrap();
        scan(source).is_ok()
    });
    readable.count()
}

#[test]
fn text_may_be_cut_anywhere_after_its_header() {
    let text = "id,name,price\n1,a,1.5\n2,\"b\nb\",2\n3,\"c\"\"\",3\n";
    let file = made("a.csv", text);
    assert_eq!(cut_everywhere(&csv(&file.path, columns())), text.len() - "id,name,price".len());
    let json = "{\"id\":1,\"name\":\"\\u00e9\",\"price\":1.5}\n{\"id\":2,\"price\":2}\n";
    let file = made("a.ndjson", json);
    assert_eq!(cut_everywhere(&source(&file.path, Format::Ndjson, columns())), json.len());
}

#[test]
fn formats_with_a_footer_are_refused_when_cut_anywhere() {
    let file = made("a.parquet", "");
    write_parquet(&file.path, &batch(), 2);
    assert_eq!(cut_everywhere(&source(&file.path, Format::Parquet, columns())), 0);
    for is_stream in [false, true] {
        let file = made("a.arrow", "");
        write_ipc(&file.path, &batch(), is_stream);
        let readable = cut_everywhere(&source(&file.path, Format::Ipc, columns()));
        // The last four bytes of a stream are the zero length of its end mark, which is told apart from
        // a mark that is cut, so that no prefix is whole.
        assert_eq!(readable, 0, "stream: {is_stream}");
    }
}

#[test]
fn no_turned_bit_ends_the_program_or_unbalances_the_books() {
    let parquet = made("a.parquet", "");
    write_parquet(&parquet.path, &batch(), 2);
    let (file, stream) = (made("a.arrow", ""), made("a.arrows", ""));
    write_ipc(&file.path, &batch(), false);
    write_ipc(&stream.path, &batch(), true);
    for (file, format) in [(parquet, Format::Parquet), (file, Format::Ipc), (stream, Format::Ipc)] {
        let whole = fs::read(&file.path).unwrap();
        for place in 0..whole.len() {
            let mut turned = whole.clone();
            turned[place] ^= 1 << (place % 8);
            fs::write(&file.path, &turned).unwrap();
            if let Ok(outcome) = scan(&source(&file.path, format.clone(), columns())) {
                let books = outcome.accounting;
                assert_eq!(books.found, books.accounted());
            }
        }
    }
}
