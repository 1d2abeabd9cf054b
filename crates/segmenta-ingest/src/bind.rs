//! Binds a contract's columns to those of each file, by name.

use ::parquet::arrow::arrow_reader::ArrowReaderMetadata;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use segmenta_pipeline::model::{Format, Source};

use crate::columnar::{ipc, parquet, retype};
use crate::contract::{Contract, ContractColumn};
use crate::error::{Error, Result};
use crate::files::InputFile;
use crate::guard::guarded;
use crate::problem::{SchemaProblem, SchemaProblemKind};
use crate::text::csv;

/// Where a column of one file comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A field, by place.
    File(usize),
    /// The same value in every row, from the file's path.
    Partition(Option<String>),
}

impl Origin {
    pub(crate) fn field(&self) -> Option<usize> {
        match self {
            Self::File(field) => Some(*field),
            Self::Partition(_) => None,
        }
    }
}

/// A file whose columns are known.
#[derive(Debug)]
pub(crate) struct BoundFile {
    pub(crate) input: InputFile,
    /// By contract place.
    pub(crate) origins: Vec<Origin>,
    /// Fields of one record, for delimited text.
    pub(crate) n_fields: usize,
    /// Contract places of columns whose type must be converted value by value.
    pub(crate) may_lose: Vec<usize>,
    /// Rows the file announces, for Arrow IPC.
    pub(crate) announced_rows: u64,
    /// The footer of a Parquet file.
    pub(crate) parquet: Option<ArrowReaderMetadata>,
}

/// A file's header or footer.
#[derive(Debug, Default)]
struct Head {
    /// `None` when the format does not name its columns beforehand.
    names: Option<Vec<String>>,
    schema: Option<SchemaRef>,
    parquet: Option<ArrowReaderMetadata>,
    announced_rows: u64,
}

/// All files of a source, bound.
#[derive(Debug)]
pub(crate) struct Bound {
    pub(crate) contract: Contract,
    pub(crate) files: Vec<BoundFile>,
    /// Names the contract does not know, in the order in which they first occur.
    pub(crate) ignored_columns: Vec<String>,
}

/// Reads the head of every file and compares it with the contract.
///
/// # Errors
/// A file cannot be read; [`Error::Schema`] with everything that differs.
pub(crate) fn bind(source_name: &str, source: &Source, inputs: Vec<InputFile>) -> Result<Bound> {
    let mut heads = Vec::with_capacity(inputs.len());
    for input in inputs {
        let head = guarded(&input.pin.path, || head(&source.format, &input))?;
        heads.push((input, head));
    }
    let contract = contract(source_name, source, &heads)?;
    let declared = !source.columns.is_empty();
    let (mut files, mut problems, mut ignored_columns) = (Vec::new(), Vec::new(), Vec::new());
    for (input, head) in heads {
        let names = head.names.iter().flatten();
        let unknown = names.filter(|name| !contract.columns.iter().any(|column| column.file_name == **name));
        for name in unknown {
            if !ignored_columns.contains(name) {
                ignored_columns.push(name.clone());
            }
        }
        files.push(bind_file(&contract, &source.format, declared, input, head, &mut problems));
    }
    if problems.is_empty() {
        return Ok(Bound { contract, files, ignored_columns });
    }
    Err(Error::Schema { source_name: source_name.to_owned(), problems })
}

fn head(format: &Format, input: &InputFile) -> Result<Head> {
    Ok(match format {
        Format::Csv(csv) if csv.header => Head { names: csv::header(&input.pin, csv)?, ..Head::default() },
        Format::Csv(_) | Format::Ndjson | Format::Fixed(_) => Head::default(),
        Format::Parquet => {
            let footer = parquet::footer(&input.pin)?;
            let schema = parquet::schema(&footer);
            Head { names: Some(names(&schema)), schema: Some(schema), parquet: Some(footer), announced_rows: 0 }
        }
        Format::Ipc => {
            let (schema, announced_rows) = ipc::survey(&input.pin)?;
            Head { names: Some(names(&schema)), schema: Some(schema), parquet: None, announced_rows }
        }
    })
}

fn names(schema: &Schema) -> Vec<String> {
    schema.fields().iter().map(|field| field.name().clone()).collect()
}

fn contract(source_name: &str, source: &Source, heads: &[(InputFile, Head)]) -> Result<Contract> {
    if !source.columns.is_empty() {
        return Contract::declared(source_name, source);
    }
    let first = heads.first().and_then(|(input, head)| Some((input, head.schema.as_ref()?)));
    let Some((input, schema)) = first else {
        return Err(Error::ContractRequired { source_name: source_name.to_owned() });
    };
    let mut fields: Vec<Field> = schema.fields().iter().map(|field| field.as_ref().clone()).collect();
    let new = input.partitions.keys().filter(|key| schema.field_with_name(key).is_err());
    fields.extend(new.map(|key| Field::new(key, DataType::Utf8, true)));
    Ok(Contract::of_file(&Schema::new(fields)))
}

fn bind_file(
    contract: &Contract,
    format: &Format,
    declared: bool,
    input: InputFile,
    head: Head,
    problems: &mut Vec<SchemaProblem>,
) -> BoundFile {
    let mut origins = Vec::with_capacity(contract.columns.len());
    for column in &contract.columns {
        let origin = origin(format, column, unnamed_fields(&origins), &input, &head);
        let kind = match &origin {
            Err(kind) => Some(kind.clone()),
            Ok(Origin::File(field)) => head.schema.as_ref().and_then(|schema| retyped(schema.field(*field), column)),
            Ok(Origin::Partition(_)) => None,
        };
        if let Some(kind) = kind {
            let kind = if declared { kind } else { SchemaProblemKind::Differs };
            problems.push(SchemaProblem { file: input.pin.file.clone(), column: column.name.clone(), kind });
        }
        origins.push(origin.unwrap_or(Origin::Partition(None)));
    }
    let n_fields = head.names.as_ref().map_or(unnamed_fields(&origins), Vec::len);
    let may_lose = converted(contract, &origins, head.schema.as_ref());
    BoundFile { input, origins, n_fields, may_lose, announced_rows: head.announced_rows, parquet: head.parquet }
}

fn converted(contract: &Contract, origins: &[Origin], schema: Option<&SchemaRef>) -> Vec<usize> {
    let Some(schema) = schema else {
        return Vec::new();
    };
    let columns = contract.columns.iter().zip(origins).enumerate();
    let differs = |(column, origin): (&ContractColumn, &Origin)| {
        origin.field().is_some_and(|field| retype::may_lose(schema.field(field).data_type(), &column.data_type))
    };
    columns.filter(|(_, pair)| differs(*pair)).map(|(place, _)| place).collect()
}

fn unnamed_fields(origins: &[Origin]) -> usize {
    origins.iter().filter_map(Origin::field).count()
}

fn origin(
    format: &Format,
    column: &ContractColumn,
    next_field: usize,
    input: &InputFile,
    head: &Head,
) -> Result<Origin, SchemaProblemKind> {
    let partition = input.partitions.get(&column.file_name).map(|value| Origin::Partition(value.clone()));
    let Some(names) = &head.names else {
        let needs_range = matches!(format, Format::Fixed(_)) && column.range.is_none();
        return match partition {
            Some(partition) => Ok(partition),
            None if needs_range => Err(SchemaProblemKind::NoRange),
            None if is_empty_csv(format) => Err(missing(column, &[])),
            None => Ok(Origin::File(next_field)),
        };
    };
    let mut fields = names.iter().enumerate().filter(|(_, name)| **name == column.file_name);
    match (fields.next(), fields.next(), partition) {
        (Some((field, _)), None, _) => Ok(Origin::File(field)),
        (Some(_), Some(_), _) => Err(SchemaProblemKind::Ambiguous),
        (None, _, Some(partition)) => Ok(partition),
        (None, _, None) => Err(missing(column, names)),
    }
}

/// A delimited file with a header that gave no names holds nothing at all.
fn is_empty_csv(format: &Format) -> bool {
    matches!(format, Format::Csv(csv) if csv.header)
}

fn retyped(field: &Field, column: &ContractColumn) -> Option<SchemaProblemKind> {
    let differs = column.declared.is_none() && field.data_type() != &column.data_type;
    if !differs && retype::is_lossless(field.data_type(), &column.data_type) {
        return None;
    }
    let (found, declared) = (field.data_type().to_string(), column.data_type.to_string());
    Some(SchemaProblemKind::Retyped { found, declared })
}

fn missing(column: &ContractColumn, names: &[String]) -> SchemaProblemKind {
    let wanted = folded(&column.file_name);
    let mut near: Vec<(usize, &String)> = names
        .iter()
        .map(|name| (strsim::damerau_levenshtein(&folded(name), &wanted), name))
        .filter(|(distance, _)| *distance <= 1 + wanted.chars().count() / 4)
        .collect();
    near.sort();
    let near = near.into_iter().take(3).map(|(_, name)| name.clone()).collect();
    SchemaProblemKind::Missing { expected: column.file_name.clone(), near }
}

/// A name without case, blanks and punctuation: `Order Date` and `order_date` are the same.
fn folded(name: &str) -> String {
    name.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
