//! The arguments of a row rule: columns, options, the run.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Expr, ExprLit, ExprUnary, FnArg, GenericArgument, Ident, Lit, Meta, Pat};
use syn::{PathArguments, Result, Type, UnOp};

use crate::attributes::{Key, Keys, summary};

/// One argument of the function.
pub(crate) struct Argument {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// First paragraph of its doc comment.
    pub(crate) description: String,
    pub(crate) role: Role,
}

/// What an argument stands for.
pub(crate) enum Role {
    Input,
    Param(Box<Bounds>),
    Context,
}

/// The keys of `#[param]`.
#[derive(Default)]
pub(crate) struct Bounds {
    pub(crate) default: Option<Expr>,
    pub(crate) min: Option<Expr>,
    pub(crate) max: Option<Expr>,
}

impl Argument {
    /// Reads an argument and removes from the function what Rust does not know there.
    pub(crate) fn take(argument: &mut FnArg) -> Result<Self> {
        let argument = match argument {
            FnArg::Typed(argument) => argument,
            FnArg::Receiver(receiver) => {
                return Err(Error::new_spanned(receiver, "a row rule is a function of its own, without `self`"));
            }
        };
        let attributes = std::mem::take(&mut argument.attrs);
        let Pat::Ident(pattern) = argument.pat.as_ref() else {
            return Err(Error::new_spanned(&argument.pat, "the argument needs a plain name, which names the column"));
        };
        let ty = argument.ty.as_ref().clone();
        let role = match param(&attributes)? {
            Some(attribute) => Role::Param(Box::new(Bounds::read(attribute, &ty)?)),
            None if is_context(&ty) => Role::Context,
            None => Role::Input,
        };
        Ok(Self { name: pattern.ident.clone(), ty, description: summary(&attributes), role })
    }
}

/// The `#[param]` among the attributes, which otherwise are doc comments.
fn param(attributes: &[Attribute]) -> Result<Option<&Attribute>> {
    let mut params = attributes.iter().filter(|attribute| !attribute.path().is_ident("doc"));
    let first = params.next();
    match (first, params.next()) {
        (Some(other), _) if !other.path().is_ident("param") => {
            Err(Error::new_spanned(other, "an argument takes doc comments and `#[param]` only"))
        }
        (_, Some(second)) => Err(Error::new_spanned(second, "an argument takes one `#[param]`")),
        (first, None) => Ok(first),
    }
}

impl Bounds {
    fn read(attribute: &Attribute, ty: &Type) -> Result<Self> {
        let keys = match &attribute.meta {
            Meta::Path(_) => Vec::new(),
            _ => attribute.parse_args::<Keys>()?.0,
        };
        let mut bounds = Self::default();
        for key in keys {
            bounds.set(key, ty)?;
        }
        bounds.check()?;
        Ok(bounds)
    }

    fn set(&mut self, Key { name, value }: Key, ty: &Type) -> Result<()> {
        let place = match name.to_string().as_str() {
            "default" => &mut self.default,
            "min" => &mut self.min,
            "max" => &mut self.max,
            _ => return Err(Error::new_spanned(name, "`#[param]` knows `default`, `min` and `max`")),
        };
        if name != "default" && !is_number(ty) {
            return Err(Error::new_spanned(name, "only a number has a `min` or `max`"));
        }
        match place.replace(value) {
            None => Ok(()),
            Some(_) => Err(Error::new_spanned(name, "this key is there twice")),
        }
    }

    /// As far as the values are written out, the default lies between the bounds.
    fn check(&self) -> Result<()> {
        let number = |value: &Option<Expr>| value.as_ref().and_then(literal);
        let (default, min, max) = (number(&self.default), number(&self.min), number(&self.max));
        if let (Some((min, _)), Some((max, span))) = (min, max)
            && max < min
        {
            return Err(Error::new(span, "`max` is below `min`"));
        }
        let Some((default, span)) = default else {
            return Ok(());
        };
        if min.is_some_and(|(min, _)| default < min) {
            return Err(Error::new(span, "the default is below `min`"));
        }
        if max.is_some_and(|(max, _)| default > max) {
            return Err(Error::new(span, "the default is above `max`"));
        }
        Ok(())
    }
}

/// A number that is written out, and where.
fn literal(value: &Expr) -> Option<(f64, Span)> {
    let number = match value {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.base10_parse().ok()?,
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.base10_parse().ok()?,
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => -literal(expr)?.0,
        _ => return None,
    };
    Some((number, value.span()))
}

/// `&Cx` and `&Cx<'_>`.
fn is_context(ty: &Type) -> bool {
    matches!(ty, Type::Reference(reference) if last_segment(&reference.elem).is_some_and(|name| name == "Cx"))
}

fn is_number(ty: &Type) -> bool {
    let numbers = ["f32", "f64", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "usize", "isize"];
    let ty = inside_option(ty).unwrap_or(ty);
    last_segment(ty).is_some_and(|name| numbers.iter().any(|number| name == number))
}

/// `T` of `Option<T>`.
pub(crate) fn inside_option(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else {
        return None;
    };
    let segment = path.path.segments.last().filter(|segment| segment.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &segment.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

pub(crate) fn last_segment(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) => path.path.segments.last().map(|segment| &segment.ident),
        _ => None,
    }
}
