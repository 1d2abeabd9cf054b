//! The type beside the function, and what makes it a criterion.

use proc_macro2::TokenStream;
use quote::{format_ident, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ExprLit, Ident, Lit, LitStr, Type, TypeReference};

use crate::argument::{Argument, Bounds, Role, last_segment};
use crate::rule::Rule;

/// The function, a type of the same name that holds its options, and the criterion it is.
pub(crate) fn criterion(rule: &Rule) -> TokenStream {
    let function = &rule.function;
    let options = options(rule);
    let labels = check_labels(rule);
    let imp = implementation(rule);
    quote! { #function #options #labels #imp }
}

/// The options as a struct. It shares the function's name, which is one of values; this is one of types.
fn options(rule: &Rule) -> TokenStream {
    let (vis, name) = (&rule.function.vis, &rule.function.sig.ident);
    let docs = rule.function.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
    let fields = params(rule).map(|(argument, bounds)| field(name, argument, bounds));
    let defaults = params(rule).filter_map(|(argument, bounds)| default_fn(argument, bounds));
    quote! {
        #(#docs)*
        #[derive(
            ::segmenta_plugin_sdk::row::serde::Deserialize,
            ::segmenta_plugin_sdk::row::schemars::JsonSchema,
        )]
        #[serde(crate = "::segmenta_plugin_sdk::row::serde", deny_unknown_fields)]
        #[schemars(crate = "::segmenta_plugin_sdk::row::schemars")]
        #[allow(non_camel_case_types, reason = "the type is called as the function")]
        #vis struct #name { #(#fields),* }

        impl #name { #(#defaults)* }
    }
}

fn params(rule: &Rule) -> impl Iterator<Item = (&Argument, &Bounds)> {
    rule.arguments.iter().filter_map(|argument| match &argument.role {
        Role::Param(bounds) => Some((argument, bounds.as_ref())),
        _ => None,
    })
}

fn inputs(rule: &Rule) -> impl Iterator<Item = &Argument> {
    rule.arguments.iter().filter(|argument| matches!(argument.role, Role::Input))
}

fn field(owner: &Ident, argument: &Argument, bounds: &Bounds) -> TokenStream {
    let (name, ty) = (&argument.name, stored(&argument.ty));
    let doc = (!argument.description.is_empty()).then_some(&argument.description).into_iter();
    let default = bounds.default.as_ref().map(|_| format!("{owner}::{}", default_name(name))).into_iter();
    let min = bounds.min.iter().map(|min| quote!(min = #min));
    let limits: Vec<_> = min.chain(bounds.max.iter().map(|max| quote!(max = #max))).collect();
    let range = (!limits.is_empty()).then(|| quote!(#[schemars(range(#(#limits),*))]));
    quote! { #(#[doc = #doc])* #(#[serde(default = #default)])* #range #name: #ty }
}

fn default_name(param: &Ident) -> Ident {
    format_ident!("default_{}", param)
}

fn default_fn(argument: &Argument, bounds: &Bounds) -> Option<TokenStream> {
    let value = bounds.default.as_ref()?;
    let (name, ty) = (default_name(&argument.name), stored(&argument.ty));
    let is_text = matches!(value, Expr::Lit(ExprLit { lit: Lit::Str(_), .. }));
    let owned = match &argument.ty {
        Type::Reference(_) => quote_spanned!(value.span()=> ::std::borrow::ToOwned::to_owned(#value)),
        ty if is_text && last_segment(ty).is_some_and(|name| name == "String") => {
            quote_spanned!(value.span()=> ::std::borrow::ToOwned::to_owned(#value))
        }
        _ => quote!(#value),
    };
    Some(quote! { fn #name() -> #ty { #owned } })
}

/// The type in which an option is kept: what a reference points to is owned.
fn stored(ty: &Type) -> TokenStream {
    let Type::Reference(TypeReference { elem, .. }) = ty else {
        return quote!(#ty);
    };
    match elem.as_ref() {
        Type::Slice(slice) => {
            let item = &slice.elem;
            quote!(::std::vec::Vec<#item>)
        }
        elem if last_segment(elem).is_some_and(|name| name == "str") => quote!(::std::string::String),
        elem => quote!(#elem),
    }
}

/// Fails the build, at the first label, for a number of labels that the answer cannot have.
fn check_labels(rule: &Rule) -> Option<TokenStream> {
    let (first, answer, count) = (rule.labels.first()?, &rule.answer, rule.labels.len());
    Some(quote_spanned! {first.span()=>
        const _: () = ::segmenta_plugin_sdk::row::check_labels::<#answer>(#count);
    })
}

fn implementation(rule: &Rule) -> TokenStream {
    let ident = &rule.function.sig.ident;
    let Rule { name, labels, summary, answer, .. } = rule;
    let declared = inputs(rule).map(declared);
    let columns: Vec<_> = inputs(rule).map(column).collect();
    let (call, explained) = (call(rule), explained(rule));
    let outputs = quote_spanned!(answer.span()=> ::segmenta_plugin_sdk::row::outputs::<#answer>(&[#(#labels),*]));
    quote! {
        #[automatically_derived]
        impl ::segmenta_plugin_sdk::Criterion for #ident {
            const NAME: &'static str = #name;
            const SUMMARY: &'static str = #summary;
            const EXPLAIN: ::core::option::Option<::segmenta_plugin_sdk::Explain<Self>> =
                ::core::option::Option::Some(|this, batch, cx| this.explain_rows(batch, cx));
            type Params = Self;

            fn inputs() -> ::std::vec::Vec<::segmenta_plugin_sdk::Input> {
                ::std::vec![#(#declared),*]
            }

            fn preview() -> ::segmenta_plugin_sdk::Outputs {
                #outputs
            }

            fn bind(
                params: Self,
                _: &::segmenta_plugin_sdk::Inputs,
            ) -> ::segmenta_plugin_sdk::Result<(Self, ::segmenta_plugin_sdk::Outputs)> {
                ::core::result::Result::Ok((params, <Self as ::segmenta_plugin_sdk::Criterion>::preview()))
            }

            fn apply(
                &self,
                batch: &::segmenta_plugin_sdk::Batch,
                cx: &::segmenta_plugin_sdk::Cx<'_>,
            ) -> ::segmenta_plugin_sdk::Result<
                ::std::vec::Vec<::segmenta_plugin_sdk::prelude::ArrayRef>,
            > {
                #(#columns)*
                ::segmenta_plugin_sdk::row::answer(batch.rows(), &[#(#labels),*], cx, |row| { #call })
            }
        }

        impl #ident {
            fn explain_rows(
                &self,
                batch: &::segmenta_plugin_sdk::Batch,
                cx: &::segmenta_plugin_sdk::Cx<'_>,
            ) -> ::segmenta_plugin_sdk::Result<
                ::std::vec::Vec<::segmenta_plugin_sdk::prelude::Value>,
            > {
                #(#columns)*
                ::segmenta_plugin_sdk::row::explain(batch.rows(), cx, |row| { #explained })
            }
        }
    }
}

/// The declaration of an input, at the place of its type so that a wrong one is shown there.
fn declared(argument: &Argument) -> TokenStream {
    let Argument { ty, description, .. } = argument;
    let name = column_name(argument);
    quote_spanned!(ty.span()=> ::segmenta_plugin_sdk::row::input::<#ty>(#name, #description))
}

fn column(argument: &Argument) -> TokenStream {
    let (ty, variable, column) = (&argument.ty, column_variable(argument), column_name(argument));
    quote_spanned! {ty.span()=>
        let #variable = <#ty as ::segmenta_plugin_sdk::row::Argument<'_>>::column(batch, #column)?;
    }
}

fn column_variable(argument: &Argument) -> Ident {
    format_ident!("column_{}", argument.name)
}

fn value_variable(argument: &Argument) -> Ident {
    format_ident!("value_{}", argument.name)
}

fn column_name(argument: &Argument) -> LitStr {
    LitStr::new(&argument.name.unraw().to_string(), argument.name.span())
}

/// The call of the function for `row`.
fn call(rule: &Rule) -> TokenStream {
    let function = &rule.function.sig.ident;
    let arguments = rule.arguments.iter().map(|argument| match argument.role {
        Role::Input => value(argument),
        _ => other(argument),
    });
    quote!(#function(#(#arguments),*))
}

fn value(argument: &Argument) -> TokenStream {
    let (ty, column) = (&argument.ty, column_variable(argument));
    quote_spanned!(ty.span()=> <#ty as ::segmenta_plugin_sdk::row::Argument<'_>>::value(&#column, row))
}

/// An argument that is the same for all rows.
fn other(argument: &Argument) -> TokenStream {
    let Argument { name, ty, role, .. } = argument;
    match (role, ty) {
        (Role::Context, _) => quote!(cx),
        (_, Type::Reference(_)) => quote!(&self.#name),
        _ => quote!(::core::clone::Clone::clone(&self.#name)),
    }
}

/// The explanation of `row`: values, options and answer.
fn explained(rule: &Rule) -> TokenStream {
    let function = &rule.function.sig.ident;
    let read = inputs(rule).map(|argument| {
        let (variable, value) = (value_variable(argument), value(argument));
        quote!(let #variable = #value;)
    });
    let seen = inputs(rule).map(|argument| {
        let (variable, key) = (value_variable(argument), column_name(argument));
        quote!((#key, ::segmenta_plugin_sdk::row::Argument::shown(&#variable)))
    });
    let set = params(rule).map(|(argument, _)| {
        let (name, key) = (&argument.name, column_name(argument));
        quote!((#key, ::segmenta_plugin_sdk::row::shown(&self.#name)))
    });
    let arguments = rule.arguments.iter().map(|argument| match argument.role {
        Role::Input => {
            let variable = value_variable(argument);
            quote!(#variable)
        }
        _ => other(argument),
    });
    quote! {
        #(#read)*
        let (seen, set) = (::std::vec![#(#seen),*], ::std::vec![#(#set),*]);
        (seen, set, #function(#(#arguments),*))
    }
}
