//! Level `data`: every type, count of rows, share of nulls and odd value gives rows or a refusal.

use arrow_array::RecordBatch;
use segmenta_plugin_host::Error;

use super::{defect, is_refusal};
use crate::generate::{Nulls, Values};
use crate::options::Effort;
use crate::report::{Difference, Sink};
use crate::subject::{Column, Subject};

/// Counts around the edges of bytes, words and batches.
const COUNTS: [u64; 10] = [0, 1, 7, 8, 9, 63, 64, 65, 8_192, 65_537];
/// Larger counts are tried with one type and one share of nulls.
const SMALL: u64 = 65;

pub(crate) fn check(subject: &Subject<'_>, sink: &mut Sink<'_>) {
    let most = if subject.options.effort == Effort::Full { u64::MAX } else { 8_192 };
    for column in 0..subject.columns.len() {
        let input = subject.input(&subject.columns[column]);
        for kind in &input.types {
            let mut columns = subject.columns.clone();
            columns[column].kind = *kind;
            let rule = format!("{} as {}", columns[column].name, kind.name());
            let (mut refused, mut made) = (None, 0_u32);
            let mut defects =
                batches(subject, &columns, column, most).filter_map(|(what, rows)| match run(subject, &rows) {
                    Ok(()) => {
                        made += 1;
                        None
                    }
                    Err(error) if is_refusal(&error) => {
                        refused = Some(error.to_string());
                        None
                    }
                    Err(error) => Some(defect(&what, &error)),
                });
            match defects.next() {
                Some(difference) => sink.fail(&rule, difference),
                None => sink.measured(&rule, detail(made, refused)),
            }
        }
    }
    if subject.columns.is_empty() {
        sink.skip("columns", "the criterion reads no column");
    }
    sink.verdict("no-rows", no_rows(subject));
}

fn detail(made: u32, refused: Option<String>) -> String {
    match refused {
        None => format!("{made} batches"),
        Some(refused) => format!("{made} batches; refused others, such as: {refused}"),
    }
}

/// Batches to try, with what each of them is. The other columns are ordinary.
fn batches<'a>(
    subject: &'a Subject<'_>,
    columns: &'a [Column],
    tried: usize,
    most: u64,
) -> impl Iterator<Item = (String, RecordBatch)> + 'a {
    let all_counts = tried == 0 && columns[0].kind == subject.input(&columns[0]).types[0];
    let usual = [Nulls::None, Nulls::Some, Nulls::All].into_iter().flat_map(move |nulls| {
        let large = all_counts && nulls == Nulls::Some;
        let counts = COUNTS.into_iter().filter(move |count| *count <= SMALL || (large && *count <= most));
        counts.map(move |count| (nulls, Values::Ordinary, count))
    });
    let odd = [Nulls::None, Nulls::Some].map(|nulls| (nulls, Values::Odd, SMALL));
    usual.chain(odd).map(move |(nulls, values, count)| {
        let ordinary = (Nulls::None, Values::Ordinary);
        let filling = |at| if at == tried { (nulls, values) } else { ordinary };
        let rows = subject.filled(columns, &(0..count).collect::<Vec<_>>(), filling);
        let nulls = match nulls {
            Nulls::None => "no nulls",
            Nulls::Some => "some nulls",
            Nulls::All => "nulls only",
        };
        let values = if values == Values::Odd { ", odd values" } else { "" };
        (format!("{count} rows, {nulls}{values}"), rows)
    })
}

/// Fits to the rows, and applies to them either that model or one of ordinary rows.
fn run(subject: &Subject<'_>, rows: &RecordBatch) -> Result<(), Error> {
    let options = subject.options;
    let instance = subject.registry.bind(&subject.info.name, &subject.params, options.as_of_us, &rows.schema())?;
    let Some(_) = &subject.info.fit else {
        return instance.apply(None, rows).map(drop);
    };
    let model = match instance.fit(std::slice::from_ref(rows), options.seed) {
        Ok(fitted) => instance.load_model(&fitted.bytes)?,
        Err(error) if is_refusal(&error) => {
            let columns: Vec<Column> = subject
                .columns
                .iter()
                .zip(rows.columns())
                .map(|(column, array)| {
                    let kinds = &subject.input(column).types;
                    let kind = kinds.iter().find(|kind| kind.matches(array.data_type()));
                    Column { kind: kind.copied().unwrap_or(column.kind), ..column.clone() }
                })
                .collect();
            let ordinary = subject.made_up(&columns, &(0..200).collect::<Vec<_>>(), Nulls::None, Values::Ordinary);
            let fitted = instance.fit(&[ordinary], options.seed)?;
            instance.load_model(&fitted.bytes)?
        }
        Err(error) => return Err(error),
    };
    instance.apply(Some(&model), rows).map(drop)
}

/// No rows give no rows of the announced columns.
fn no_rows(subject: &Subject<'_>) -> Option<Difference> {
    let ready = match subject.ready() {
        Ok(ready) => ready,
        Err(error) => return Some(defect("ordinary rows", &error)),
    };
    match ready.apply(&subject.range(0)) {
        Ok(out) if out.num_rows() == 0 => None,
        Ok(out) => Some(Difference::new("no rows", format!("{} rows", out.num_rows()), "write one row per row")),
        Err(error) => Some(Difference::error("no rows from no rows", &error, "let `apply` take a batch without rows")),
    }
}
