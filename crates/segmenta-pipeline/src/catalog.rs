//! What the checks have to know about plugins.

use crate::model::ColumnType;

/// The criteria that can be used in a file. The program implements it over the plugins it has.
pub trait Catalog {
    /// Names of all criteria, for suggestions.
    fn criteria(&self) -> Vec<String>;

    /// What one criterion takes and gives; `None` when no plugin provides it.
    fn criterion(&self, name: &str) -> Option<CriterionInfo>;

    /// Asks the plugin itself about complete options and the columns bound to its inputs.
    ///
    /// # Errors
    /// What the plugin objects to.
    fn bind(&self, name: &str, params: &serde_json::Value, inputs: &[BoundInput]) -> Result<Bound, BindError>;

    /// Whether any criterion name, input and option is taken as it is. `false` unless overridden.
    fn is_open(&self) -> bool {
        false
    }
}

/// A criterion as its plugin describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct CriterionInfo {
    /// Name of the plugin that provides it.
    pub plugin: String,
    /// Version of the plugin.
    pub version: String,
    /// One sentence.
    pub summary: String,
    /// JSON Schema (draft 2020-12) of the options object.
    pub params: serde_json::Value,
    /// Inputs, in the plugin's order.
    pub inputs: Vec<InputInfo>,
    /// Outputs as far as they are known without options; may be empty.
    pub outputs: Vec<OutputInfo>,
    /// Whether the plugin sees the many rows of each entity grouped, from a source or table.
    pub grouped: bool,
    /// Whether it has a model that is fitted to data.
    pub fitted: bool,
}

/// One input of a criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputInfo {
    /// The plugin's name for it.
    pub name: String,
    /// Types it takes, as in `describe`: `int32`, `decimal128`, `utf8`, `date32`,
    /// `timestamp[us]`, ….
    pub types: Vec<String>,
    /// Whether nulls are allowed.
    pub nullable: bool,
    /// Whether it may be left unbound.
    pub optional: bool,
    /// Whether it takes a list of columns.
    pub many: bool,
    /// For people.
    pub description: String,
}

/// One output of a criterion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputInfo {
    /// The plugin's name for it; `label` becomes the column named after the criterion, any other
    /// `x` the column `<criterion>_x`.
    pub name: String,
    /// Its type, as in `describe`.
    pub data_type: String,
    /// Whether it can be null.
    pub nullable: bool,
    /// For people.
    pub description: String,
}

/// Columns bound to one input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundInput {
    /// The plugin's name for the input.
    pub name: String,
    /// One column, or several for an input that takes a list.
    pub columns: Vec<BoundColumn>,
}

/// A column of the profile, or of the grouped source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundColumn {
    /// Its name.
    pub name: String,
    /// Its type when that is known without data.
    pub data_type: Option<ColumnType>,
}

/// What a criterion gives under certain options and inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// Every output, named as the plugin names it.
    pub outputs: Vec<OutputInfo>,
    /// The labels it can produce, in the plugin's order; `None` when they depend on data.
    pub labels: Option<Vec<String>>,
}

/// Why a plugin refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindError {
    /// JSON pointer to the option at fault, such as `/cuts/rural`.
    pub param: Option<String>,
    /// What it objects to.
    pub message: String,
}

/// Takes every criterion, option and input as it is, with unknown labels and one output: for
/// looking at files without plugins.
#[derive(Debug, Clone, Copy, Default)]
pub struct OpenCatalog;

impl Catalog for OpenCatalog {
    fn criteria(&self) -> Vec<String> {
        Vec::new()
    }

    fn criterion(&self, _name: &str) -> Option<CriterionInfo> {
        None
    }

    fn bind(&self, _name: &str, _params: &serde_json::Value, _inputs: &[BoundInput]) -> Result<Bound, BindError> {
        Ok(Bound { outputs: Vec::new(), labels: None })
    }

    fn is_open(&self) -> bool {
        true
    }
}
