//! `nace_section` as a criterion.

use segmenta_plugin_sdk::prelude::*;

use crate::code;
use crate::sections::Version;

const CODE: &str = "code";

/// Options of a `[criteria.*]` table with `plugin = "nace_section"`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// Revision of NACE that the codes belong to.
    #[serde(default)]
    pub version: Version,
}

/// Industry section of a NACE code.
#[derive(Debug)]
pub struct NaceSection {
    version: Version,
}

impl Criterion for NaceSection {
    const NAME: &'static str = "nace_section";
    const SUMMARY: &'static str = "Industry section of a NACE code";
    type Params = Options;

    fn inputs() -> Vec<Input> {
        let meaning = "NACE code with or without section letter, dots and blanks: `62.01`, `6201`, \
                       `J`, `J62`. Keep it as text: a number loses its leading zero.";
        vec![Input::new(CODE, &[Type::Utf8]).nullable().describe(meaning)]
    }

    fn bind(options: Options, _: &Inputs) -> Result<(Self, Outputs)> {
        let version = options.version;
        let letters = version.sections().iter().map(|section| section.letter.to_owned());
        let outputs = Outputs::label(Some(letters.collect())).with("division", DataType::Utf8, true).with(
            "name",
            DataType::Utf8,
            true,
        );
        Ok((Self { version }, outputs))
    }

    /// A code that is null or not one of the version has none of the three.
    fn apply(&self, batch: &Batch, _: &Cx<'_>) -> Result<Vec<ArrayRef>> {
        let codes = batch.str(CODE)?;
        let mut labels = StringBuilder::with_capacity(codes.len(), codes.len());
        let mut divisions = StringBuilder::with_capacity(codes.len(), codes.len() * 2);
        let mut names = StringBuilder::new();
        for code in &codes {
            let industry = code.and_then(|code| code::read(code, self.version));
            let division = industry.and_then(|industry| industry.division);
            labels.append_option(industry.map(|industry| industry.section.letter));
            divisions.append_option(division.map(|division| format!("{division:02}")));
            names.append_option(industry.map(|industry| industry.section.name));
        }
        Ok(vec![Arc::new(labels.finish()), Arc::new(divisions.finish()), Arc::new(names.finish())])
    }
}
