//! The columns a criterion reads: what it declares, and what it was given.

use arrow_schema::{DataType, Field, FieldRef, Fields, TimeUnit};

use crate::{Error, Result};

/// Field metadata key: the name that a column bound to an input has in the pipeline.
pub const COLUMN_KEY: &str = "seg.column";

/// A column type that may cross the border.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Type {
    /// `bool`
    Bool,
    /// `int8`
    Int8,
    /// `int16`
    Int16,
    /// `int32`
    Int32,
    /// `int64`
    Int64,
    /// `uint8`
    UInt8,
    /// `uint16`
    UInt16,
    /// `uint32`
    UInt32,
    /// `uint64`
    UInt64,
    /// `float32`
    Float32,
    /// `float64`
    Float64,
    /// `utf8`
    Utf8,
    /// `binary`
    Binary,
    /// `date32`: days since 1970-01-01.
    Date32,
    /// `timestamp[us]`: microseconds since 1970-01-01, with or without a zone.
    TimestampUs,
    /// `decimal128`, any precision and scale.
    Decimal128,
}

impl Type {
    /// Every type, in the order of declaration.
    pub const ALL: [Self; 16] = [
        Self::Bool,
        Self::Int8,
        Self::Int16,
        Self::Int32,
        Self::Int64,
        Self::UInt8,
        Self::UInt16,
        Self::UInt32,
        Self::UInt64,
        Self::Float32,
        Self::Float64,
        Self::Utf8,
        Self::Binary,
        Self::Date32,
        Self::TimestampUs,
        Self::Decimal128,
    ];

    /// The name in the `describe` document.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::UInt8 => "uint8",
            Self::UInt16 => "uint16",
            Self::UInt32 => "uint32",
            Self::UInt64 => "uint64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::Utf8 => "utf8",
            Self::Binary => "binary",
            Self::Date32 => "date32",
            Self::TimestampUs => "timestamp[us]",
            Self::Decimal128 => "decimal128",
        }
    }

    /// The type of this name in the `describe` document.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether an array of this Arrow type is one of this type.
    pub fn matches(self, data_type: &DataType) -> bool {
        match (self, data_type) {
            (Self::TimestampUs, DataType::Timestamp(TimeUnit::Microsecond, _)) => true,
            (Self::Decimal128, DataType::Decimal128(_, _)) => true,
            _ => self.arrow().as_ref() == Some(data_type),
        }
    }

    /// The one Arrow type this stands for; `None` for a family (timestamps, decimals).
    pub fn arrow(self) -> Option<DataType> {
        Some(match self {
            Self::Bool => DataType::Boolean,
            Self::Int8 => DataType::Int8,
            Self::Int16 => DataType::Int16,
            Self::Int32 => DataType::Int32,
            Self::Int64 => DataType::Int64,
            Self::UInt8 => DataType::UInt8,
            Self::UInt16 => DataType::UInt16,
            Self::UInt32 => DataType::UInt32,
            Self::UInt64 => DataType::UInt64,
            Self::Float32 => DataType::Float32,
            Self::Float64 => DataType::Float64,
            Self::Utf8 => DataType::Utf8,
            Self::Binary => DataType::Binary,
            Self::Date32 => DataType::Date32,
            Self::TimestampUs | Self::Decimal128 => return None,
        })
    }
}

/// A column that a criterion wants, under the criterion's own name for it.
///
/// The runner maps a column of the pipeline to it and casts it to the first type that holds all its
/// values. Without [`Input::nullable`] a null is an error before the criterion is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    pub(crate) name: String,
    pub(crate) types: Vec<Type>,
    pub(crate) nullable: bool,
    pub(crate) optional: bool,
    pub(crate) many: bool,
    pub(crate) description: String,
}

impl Input {
    /// One column, of one of `types`, best first.
    pub fn new(name: &str, types: &[Type]) -> Self {
        Self {
            name: name.to_owned(),
            types: types.to_vec(),
            nullable: false,
            optional: false,
            many: false,
            description: String::new(),
        }
    }

    /// A list of columns, at least one; they arrive as `name.0`, `name.1` and so on, in the
    /// pipeline's order.
    pub fn many(name: &str, types: &[Type]) -> Self {
        Self { many: true, ..Self::new(name, types) }
    }

    /// The column may hold nulls.
    #[must_use]
    pub fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// The pipeline may leave the input out; ask [`Inputs::has`] or [`crate::Batch::has`].
    #[must_use]
    pub fn optional(self) -> Self {
        Self { optional: true, ..self }
    }

    /// What the column means, with its unit; shown to who writes the pipeline.
    #[must_use]
    pub fn describe(self, description: &str) -> Self {
        Self { description: description.to_owned(), ..self }
    }
}

/// The columns that the pipeline bound to a criterion's inputs.
#[derive(Debug, Clone)]
pub struct Inputs {
    fields: Fields,
}

impl Inputs {
    /// The columns under the criterion's own names, `name.0`, `name.1` … for a list of columns.
    pub fn new(fields: Fields) -> Self {
        Self { fields }
    }

    /// Whether an optional input is bound.
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name() == name)
    }

    /// Type of the column bound to `name`.
    ///
    /// # Errors
    /// [`Error::Schema`] if none is.
    pub fn data_type(&self, name: &str) -> Result<&DataType> {
        self.field(name).map(|field| field.data_type())
    }

    /// How many columns are bound to the list `name`.
    pub fn count(&self, name: &str) -> usize {
        members(&self.fields, name).count()
    }

    /// The pipeline's names of the columns bound to the list `name`, in order.
    pub fn columns(&self, name: &str) -> Vec<String> {
        members(&self.fields, name).map(|field| column_name(field)).collect()
    }

    /// The pipeline's name of the column bound to `name`; `name` itself if it is not known.
    pub fn column(&self, name: &str) -> String {
        self.field(name).map_or_else(|_| name.to_owned(), |field| column_name(field))
    }

    /// All columns, in the order they arrive.
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    fn field(&self, name: &str) -> Result<&FieldRef> {
        let mut fields = self.fields.iter();
        fields.find(|field| field.name() == name).ok_or_else(|| Error::schema(name, "is not bound"))
    }
}

/// The fields `name.0`, `name.1`, … in order.
pub(crate) fn members<'a>(fields: &'a Fields, name: &str) -> impl Iterator<Item = &'a FieldRef> {
    fields.iter().filter(move |field| is_member(field.name(), name))
}

/// Whether `column` is `name.<digits>`.
pub(crate) fn is_member(column: &str, name: &str) -> bool {
    let ordinal = column.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
    ordinal.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

fn column_name(field: &Field) -> String {
    field.metadata().get(COLUMN_KEY).unwrap_or_else(|| field.name()).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name() {
        for kind in Type::ALL {
            assert_eq!(Type::from_name(kind.name()), Some(kind));
        }
        assert_eq!(Type::from_name("utf8_view"), None);
    }

    #[test]
    fn a_list_of_columns_keeps_order_and_names() {
        let named = Field::new("features.1", DataType::Float64, true)
            .with_metadata([(COLUMN_KEY.to_owned(), "spend".to_owned())].into());
        let fields = vec![
            Field::new("features.0", DataType::Float64, true),
            named,
            Field::new("features.x", DataType::Float64, true),
            Field::new("featuresome.0", DataType::Float64, true),
        ];
        let inputs = Inputs::new(fields.into());
        assert_eq!(inputs.columns("features"), ["features.0", "spend"]);
        assert_eq!(inputs.count("features"), 2);
        assert_eq!(inputs.column("features.1"), "spend");
    }
}
