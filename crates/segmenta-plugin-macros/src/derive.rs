//! Derives that find their crates through the kit.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Item, Result};

/// Options: read, described, and nothing beside them accepted.
///
/// # Errors
/// For anything but a struct, and for keys of the attribute.
pub(crate) fn options(keys: TokenStream, item: TokenStream) -> Result<TokenStream> {
    without_keys(keys)?;
    let Item::Struct(item) = syn::parse2(item)? else {
        return Err(Error::new(proc_macro2::Span::call_site(), "options are a struct with a field for each key"));
    };
    Ok(quote! {
        #[derive(
            ::segmenta_plugin_sdk::row::serde::Deserialize,
            ::segmenta_plugin_sdk::row::schemars::JsonSchema,
        )]
        #[serde(crate = "::segmenta_plugin_sdk::row::serde", deny_unknown_fields)]
        #[schemars(crate = "::segmenta_plugin_sdk::row::schemars")]
        #item
    })
}

/// What is kept as bytes.
///
/// # Errors
/// For anything but a struct or an enum, and for keys of the attribute.
pub(crate) fn stored(keys: TokenStream, item: TokenStream) -> Result<TokenStream> {
    without_keys(keys)?;
    let item = match syn::parse2(item)? {
        item @ (Item::Struct(_) | Item::Enum(_)) => item,
        other => return Err(Error::new_spanned(other, "only a struct or an enum is stored")),
    };
    Ok(quote! {
        #[derive(
            ::segmenta_plugin_sdk::row::serde::Serialize,
            ::segmenta_plugin_sdk::row::serde::Deserialize,
        )]
        #[serde(crate = "::segmenta_plugin_sdk::row::serde")]
        #item
    })
}

fn without_keys(keys: TokenStream) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    Err(Error::new_spanned(keys, "this attribute has no keys"))
}
