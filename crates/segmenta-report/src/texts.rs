//! The sentences of the page, one catalogue per language.
//!
//! A catalogue is a JSON tree; templates read it as `t`. A key that is missing or a placeholder
//! that is not filled fails the rendering, so a half-translated page cannot appear. Sentences
//! with a counted noun are objects with one sentence per plural form.

use std::sync::LazyLock;

use serde_json::Value;

use crate::Locale;

/// The catalogue of `locale`.
pub(crate) fn of(locale: Locale) -> &'static Value {
    match locale {
        Locale::En => &ENGLISH,
        Locale::Hu => &HUNGARIAN,
        Locale::Pl => &POLISH,
    }
}

/// A phrase of the model, or the code of a reason or status, in the language of `locale`.
///
/// The model carries English phrases; one that the catalogue does not know stays as it is.
pub(crate) fn phrase(locale: Locale, english: &str) -> &str {
    let tables = ["phrases", "reasons", "statuses"].into_iter();
    tables.filter_map(|table| of(locale)[table].get(english)?.as_str()).next().unwrap_or(english)
}

static ENGLISH: LazyLock<Value> = LazyLock::new(|| parsed(include_str!("texts/en.json")));
static HUNGARIAN: LazyLock<Value> = LazyLock::new(|| parsed(include_str!("texts/hu.json")));
static POLISH: LazyLock<Value> = LazyLock::new(|| parsed(include_str!("texts/pl.json")));

fn parsed(catalogue: &str) -> Value {
    serde_json::from_str(catalogue).expect("the catalogue is valid JSON")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// Forms a counted sentence may have in some language.
    const FORMS: [&str; 4] = ["few", "many", "one", "other"];

    /// Every sentence by its path; a counted one under the path of its object, form by form.
    fn sentences(catalogue: &Value) -> BTreeMap<String, Vec<(&str, &str)>> {
        let mut found = BTreeMap::new();
        collect(catalogue, "", &mut found);
        found
    }

    fn collect<'a>(value: &'a Value, path: &str, found: &mut BTreeMap<String, Vec<(&'a str, &'a str)>>) {
        match value {
            Value::String(text) => drop(found.insert(path.to_owned(), vec![("", text)])),
            Value::Object(fields) if fields.keys().all(|key| FORMS.contains(&key.as_str())) => {
                let mut forms: Vec<(&str, &str)> =
                    fields.iter().map(|(form, text)| (form.as_str(), text.as_str().expect("a form is text"))).collect();
                forms.sort_unstable();
                found.insert(path.to_owned(), forms);
            }
            Value::Object(fields) => {
                fields.iter().for_each(|(key, value)| collect(value, &format!("{path}/{key}"), found));
            }
            _ => panic!("{path} is neither text nor an object"),
        }
    }

    fn placeholders(sentence: &str) -> Vec<&str> {
        let mut names: Vec<&str> = sentence.split('{').skip(1).filter_map(|part| part.split('}').next()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    #[test]
    fn every_language_has_the_same_sentences_with_the_same_placeholders() {
        let english = sentences(of(Locale::En));
        assert!(english.len() > 300);
        for locale in [Locale::Hu, Locale::Pl] {
            let other = sentences(of(locale));
            let keys = |all: &BTreeMap<String, Vec<_>>| all.keys().cloned().collect::<Vec<_>>();
            assert_eq!(keys(&other), keys(&english), "{locale}");
            for (path, forms) in &other {
                let expected = placeholders(english[path][0].1);
                assert!(forms.iter().all(|form| placeholders(form.1) == expected), "{locale} {path}");
            }
        }
    }

    #[test]
    fn counted_sentences_have_the_forms_of_their_language() {
        for locale in Locale::ALL {
            let counted = sentences(of(locale)).into_iter().filter(|(_, forms)| !forms[0].0.is_empty());
            let forms: Vec<Vec<&str>> = counted.map(|(_, forms)| forms.iter().map(|form| form.0).collect()).collect();
            assert!(forms.iter().all(|forms| forms == locale.plural_forms()), "{locale}");
        }
    }

    #[test]
    fn no_sentence_is_empty_or_left_in_english() {
        let english = sentences(of(Locale::En));
        for locale in [Locale::Hu, Locale::Pl] {
            for (path, forms) in sentences(of(locale)) {
                assert!(forms.iter().all(|form| !form.1.trim().is_empty()), "{locale} {path}");
                let is_word = |word: &&str| word.starts_with(char::is_alphabetic);
                let words = forms[0].1.split(' ').filter(is_word).count();
                assert!(words < 4 || forms[0].1 != english[&path][0].1, "{locale} {path}");
            }
            assert_eq!(of(locale)["language"], locale.name());
        }
    }

    #[test]
    fn a_phrase_that_no_catalogue_knows_stays_as_it_is() {
        assert_eq!(phrase(Locale::Hu, "no baseline yet"), "még nincs bázis");
        assert_eq!(phrase(Locale::Pl, "the moon was full"), "the moon was full");
    }
}
