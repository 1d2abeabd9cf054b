//! The function as it was written, checked.

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::{Error, Expr, ExprLit, Ident, Item, ItemFn, Lit, LitStr, Result, ReturnType, Type};

use crate::argument::{Argument, Role};
use crate::attributes::{Key, Keys, note, summary};

/// A row rule.
pub(crate) struct Rule {
    /// Without the attributes of its arguments.
    pub(crate) function: ItemFn,
    /// What the pipeline calls it.
    pub(crate) name: LitStr,
    /// As declared; none if the answer's type or the rows decide.
    pub(crate) labels: Vec<LitStr>,
    pub(crate) summary: String,
    pub(crate) arguments: Vec<Argument>,
    pub(crate) answer: Type,
}

/// The keys of `#[criterion]`.
#[derive(Default)]
struct Settings {
    name: Option<LitStr>,
    labels: Vec<LitStr>,
}

impl Rule {
    /// # Errors
    /// Everything that is wrong, each at its place.
    pub(crate) fn parse(keys: TokenStream, item: TokenStream) -> Result<Self> {
        let mut function = match syn::parse2(item)? {
            Item::Fn(function) => function,
            other => return Err(Error::new_spanned(other, "`#[criterion]` goes before a function")),
        };
        let mut errors = None;
        let settings = Settings::parse(keys).unwrap_or_else(|error| {
            note(&mut errors, error);
            Settings::default()
        });
        let mut arguments = Vec::new();
        for argument in &mut function.sig.inputs {
            match Argument::take(argument) {
                Ok(argument) => arguments.push(argument),
                Err(error) => note(&mut errors, error),
            }
        }
        for problem in problems(&function, &arguments) {
            note(&mut errors, problem);
        }
        match (errors, &function.sig.output) {
            (Some(errors), _) => Err(errors),
            (None, ReturnType::Default) => Err(without_answer(&function.sig.ident)),
            (None, ReturnType::Type(_, answer)) => Ok(Self {
                name: settings.name.unwrap_or_else(|| text(&function.sig.ident)),
                labels: settings.labels,
                summary: summary(&function.attrs),
                answer: answer.as_ref().clone(),
                arguments,
                function,
            }),
        }
    }
}

fn text(name: &Ident) -> LitStr {
    LitStr::new(&name.unraw().to_string(), name.span())
}

fn without_answer(name: &Ident) -> Error {
    Error::new_spanned(name, "a row rule answers for each row: give it a return type")
}

/// What no row rule may be.
fn problems(function: &ItemFn, arguments: &[Argument]) -> Vec<Error> {
    let signature = &function.sig;
    let mut problems = Vec::new();
    if let Some(token) = &signature.asyncness {
        problems.push(Error::new_spanned(token, "a row rule cannot be `async`"));
    }
    if let Some(token) = &signature.unsafety {
        problems.push(Error::new_spanned(token, "a row rule cannot be `unsafe`"));
    }
    if !signature.generics.params.is_empty() {
        problems.push(Error::new_spanned(&signature.generics, "a row rule cannot be generic"));
    }
    if summary(&function.attrs).is_empty() {
        let problem = "a row rule needs a doc comment: its first paragraph is the criterion's summary";
        problems.push(Error::new_spanned(&signature.ident, problem));
    }
    if !signature.inputs.is_empty() && arguments.is_empty() {
        return problems;
    }
    if !arguments.iter().any(|argument| matches!(argument.role, Role::Input)) {
        let problem = "a row rule reads at least one column: an argument without `#[param]`";
        problems.push(Error::new_spanned(&signature.ident, problem));
    }
    problems
}

impl Settings {
    fn parse(keys: TokenStream) -> Result<Self> {
        let mut settings = Self::default();
        for Key { name, value } in syn::parse2::<Keys>(keys)?.0 {
            match name.to_string().as_str() {
                "name" => settings.name = Some(criterion_name(&value)?),
                "labels" => settings.labels = labels(&value)?,
                _ => return Err(Error::new_spanned(name, "`#[criterion]` knows `name` and `labels`")),
            }
        }
        Ok(settings)
    }
}

fn criterion_name(value: &Expr) -> Result<LitStr> {
    let name = string(value)?;
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let text = name.value();
    if text.is_empty() || text.len() > 64 || !text.chars().all(allowed) {
        let problem = "a criterion's name is up to 64 letters, digits, `_` and `-`";
        return Err(Error::new_spanned(value, problem));
    }
    Ok(name)
}

fn labels(value: &Expr) -> Result<Vec<LitStr>> {
    let Expr::Array(array) = value else {
        return Err(Error::new_spanned(value, "labels are a list: `[\"gold\", \"silver\"]`"));
    };
    let labels = array.elems.iter().map(string).collect::<Result<Vec<_>>>()?;
    for (at, label) in labels.iter().enumerate() {
        if labels[..at].iter().any(|before| before.value() == label.value()) {
            return Err(Error::new_spanned(label, "this label is there twice"));
        }
    }
    Ok(labels)
}

fn string(value: &Expr) -> Result<LitStr> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Ok(text.clone()),
        _ => Err(Error::new_spanned(value, "expected a text in quotes")),
    }
}
