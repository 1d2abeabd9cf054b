//! `[schedule]` and `[alerts.X]`: accepted and checked here, acted on by the scheduler commands.

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::fields::{Field, Fields, Problems, unknown_choice};
use crate::model::Schedule;
use crate::read::reader::Reader;
use crate::tree::Kind;

/// Fields of a cron line with their smallest and largest values.
const CRON_FIELDS: [(&str, u32, u32); 5] =
    [("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7)];

/// When an alert can fire.
const TRANSITIONS: [&str; 6] = ["failed", "held", "drift", "late", "skipped", "recovered"];

impl Reader<'_> {
    pub(super) fn schedule(&mut self, file: &mut Fields<'_>) -> Option<Schedule> {
        let mut fields = self.section(file, "schedule")?;
        let problems = &mut self.problems;
        let cron = fields.required("cron", problems).and_then(|field| cron(field, problems));
        let timezone = fields.optional("timezone").and_then(|field| timezone(field, problems));
        let catch_up = word_of(&mut fields, "catch_up", ["latest", "all", "none"], problems);
        let overlap = word_of(&mut fields, "overlap", ["skip", "wait", "fail"], problems);
        fields.finish(problems);
        Some(Schedule { cron: cron?, timezone: timezone.unwrap_or_else(|| "UTC".to_owned()), catch_up, overlap })
    }

    pub(super) fn alerts(&mut self, file: &mut Fields<'_>) {
        for (_, mut fields) in self.named(file, "alerts", "alert") {
            let problems = &mut self.problems;
            let transitions = fields.required("on", problems).and_then(|field| field.one_or_some(problems));
            for (word, value) in transitions.unwrap_or_default() {
                if !TRANSITIONS.contains(&word) {
                    problems.push(unknown_choice("on", word, &value.span, TRANSITIONS.into_iter()));
                }
            }
            let ways = ["webhook", "email", "command"].map(|key| fields.optional(key));
            if ways.iter().flatten().count() != 1 {
                let message = format!("{} needs one of `webhook`, `email` and `command`", fields.owner);
                problems
                    .push(Diagnostic::error(Code::ConflictingKeys, message).at(&fields.span, "who is told, and how"));
            }
            ways.iter().flatten().for_each(|field| recipient(*field, problems));
            fields.optional("remind_after").and_then(|field| field.calendar_span(problems));
            fields.optional("description");
            fields.finish(problems);
        }
    }
}

/// Text, or `{ secret = "NAME" }`.
fn recipient(field: Field<'_>, problems: &mut Problems) {
    if matches!(field.value().kind, Kind::Table(_)) {
        if let Some(mut fields) = field.fields(format!("`{}`", field.key), problems) {
            fields.required("secret", problems).and_then(|field| field.word(problems));
            fields.finish(problems);
        }
        return;
    }
    field.one_or_some(problems);
}

/// The first word is the default.
fn word_of(fields: &mut Fields<'_>, key: &'static str, words: [&'static str; 3], problems: &mut Problems) -> String {
    let choices = words.map(|word| (word, word));
    fields.optional(key).and_then(|field| field.choice(&choices, problems)).unwrap_or(words[0]).to_owned()
}

fn cron(field: Field<'_>, problems: &mut Problems) -> Option<String> {
    let text = field.word(problems)?;
    if let Some(fault) = cron_fault(text) {
        let problem = Diagnostic::error(Code::BadSchedule, format!("`{text}` is no cron line: {fault}"));
        problems.push(problem.at(field.span(), "minute, hour, day of month, month, day of week"));
    }
    Some(text.to_owned())
}

fn cron_fault(text: &str) -> Option<String> {
    let parts: Vec<_> = text.split_whitespace().collect();
    if parts.len() != CRON_FIELDS.len() {
        return Some(format!("it has {} fields instead of 5", parts.len()));
    }
    let wrong = parts.iter().zip(CRON_FIELDS).find(|(part, (_, least, most))| !is_cron_field(part, *least, *most));
    wrong.map(|(part, (name, least, most))| format!("`{part}` is no {name} from {least} to {most}"))
}

/// `*`, `5`, `1-5`, each optionally with `/step`, in a comma-separated list.
fn is_cron_field(field: &str, least: u32, most: u32) -> bool {
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| (least..=most).contains(number));
    field.split(',').all(|item| {
        let (range, step) = item.split_once('/').unwrap_or((item, "1"));
        let in_range = match range.split_once('-') {
            Some((from, to)) => {
                matches!((number(from), number(to)), (Some(from), Some(to)) if from <= to)
            }
            None => range == "*" || number(range).is_some(),
        };
        in_range && step.parse::<u32>().is_ok_and(|step| step > 0)
    })
}

fn timezone(field: Field<'_>, problems: &mut Problems) -> Option<String> {
    let text = field.word(problems)?;
    let part = |part: &str| {
        part.starts_with(|first: char| first.is_ascii_alphabetic())
            && part.chars().all(|character| character.is_ascii_alphanumeric() || "_+-".contains(character))
    };
    if text == "UTC" || (text.contains('/') && text.split('/').all(part)) {
        return Some(text.to_owned());
    }
    let problem = Diagnostic::error(Code::BadSchedule, format!("`{text}` is no time zone"));
    problems.push(problem.at(field.span(), "\"UTC\" or an area and a place, such as \"Europe/Budapest\""));
    None
}

#[cfg(test)]
mod tests {
    use super::cron_fault;

    #[test]
    fn cron_lines_have_five_fields_in_range() {
        for right in ["0 5 1 * *", "*/15 8-18 * * 1-5", "0,30 0 1,15 * 7"] {
            assert_eq!(cron_fault(right), None, "{right}");
        }
        for wrong in
            ["0 5 1 *", "60 5 1 * *", "0 24 * * *", "0 5 0 * *", "0 5 1 13 *", "*/0 * * * *", "5-1 * * * *", "@daily"]
        {
            assert!(cron_fault(wrong).is_some(), "{wrong}");
        }
    }
}
