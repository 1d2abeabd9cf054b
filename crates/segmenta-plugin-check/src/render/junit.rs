//! For a build server.

use std::fmt::Write;

use crate::{Finding, Outcome, Report};

impl Report {
    /// JUnit XML: a suite per level, a case per rule.
    pub fn junit(&self) -> String {
        let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
        for level in &self.levels {
            let findings: Vec<&Finding> = self.findings.iter().filter(|finding| finding.level == *level).collect();
            let count =
                |wanted: fn(&Outcome) -> bool| findings.iter().filter(|finding| wanted(&finding.outcome)).count();
            let _ = writeln!(
                xml,
                "  <testsuite name=\"{level}\" tests=\"{}\" failures=\"{}\" skipped=\"{}\">",
                findings.len(),
                count(|outcome| matches!(outcome, Outcome::Failed(_))),
                count(|outcome| matches!(outcome, Outcome::Skipped { .. })),
            );
            findings.iter().for_each(|finding| case(&mut xml, self, finding));
            xml.push_str("  </testsuite>\n");
        }
        xml.push_str("</testsuites>\n");
        xml
    }
}

fn case(xml: &mut String, report: &Report, finding: &Finding) {
    let class = format!("{}.{}", report.plugin, finding.criterion.as_deref().unwrap_or("library"));
    let _ = write!(xml, "    <testcase classname=\"{}\" name=\"{}\"", escaped(&class), escaped(&finding.rule));
    let _ = match &finding.outcome {
        Outcome::Passed { detail } if detail.is_empty() => writeln!(xml, "/>"),
        Outcome::Passed { detail } => {
            writeln!(xml, "><system-out>{}</system-out></testcase>", escaped(detail))
        }
        Outcome::Skipped { why } => writeln!(xml, "><skipped message=\"{}\"/></testcase>", escaped(why)),
        Outcome::Warned(difference) => {
            let text =
                format!("expected: {}\ncame: {}\nnext: {}", difference.expected, difference.came, difference.next);
            writeln!(xml, "><system-err>{}</system-err></testcase>", escaped(&text))
        }
        Outcome::Failed(difference) => {
            let text = format!("expected: {}\nnext: {}", difference.expected, difference.next);
            let message = escaped(&difference.came);
            writeln!(xml, "><failure message=\"{message}\">{}</failure></testcase>", escaped(&text))
        }
    };
}

/// Text between tags or in quotes. Characters that XML has no way to write become a replacement.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            control if control < ' ' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    #[test]
    fn nothing_breaks_out_of_an_attribute() {
        assert_eq!(super::escaped("a<b>\"&\u{1b}\n"), "a&lt;b&gt;&quot;&amp;\u{fffd}&#10;");
    }
}
