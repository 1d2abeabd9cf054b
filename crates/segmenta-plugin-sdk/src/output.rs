//! The columns a criterion writes.

use arrow_schema::{DataType, Field, Fields};

/// Field metadata key: the labels that can occur in a column, as a JSON array of strings.
pub const LABELS_KEY: &str = "seg.labels";

/// Name of the first output of every criterion.
pub const LABEL: &str = "label";

/// What a criterion writes: `label` first, then any further columns.
///
/// In a run the label takes the name of the criterion, and a column `score` of the criterion `x`
/// becomes `x_score`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outputs {
    fields: Vec<Field>,
}

impl Outputs {
    /// A nullable text column `label`. `labels` are the values it can take, in the order people
    /// expect them; `None` if only a model or the rows decide.
    pub fn label(labels: Option<Vec<String>>) -> Self {
        let field = Field::new(LABEL, DataType::Utf8, true);
        let field = match labels {
            Some(labels) => {
                let json = serde_json::Value::from(labels).to_string();
                field.with_metadata([(LABELS_KEY.to_owned(), json)].into())
            }
            None => field,
        };
        Self { fields: vec![field] }
    }

    /// One more column behind those named so far.
    #[must_use]
    pub fn with(mut self, name: &str, data_type: DataType, nullable: bool) -> Self {
        self.fields.push(Field::new(name, data_type, nullable));
        self
    }

    /// The columns in order.
    pub fn into_fields(self) -> Fields {
        self.fields.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_labels_travel_in_the_field() {
        let fields = Outputs::label(Some(vec!["rural".into(), "tow\"n".into()]))
            .with("score", DataType::UInt8, true)
            .into_fields();
        assert_eq!(fields[0].metadata()[LABELS_KEY], r#"["rural","tow\"n"]"#);
        assert_eq!((fields[0].name().as_str(), fields[1].name().as_str()), ("label", "score"));
    }
}
