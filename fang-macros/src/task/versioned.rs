//! How a struct with a version is saved and read.
//!
//! serde can derive both for another struct (`remote`), which has the same fields with the same attributes. So the
//! struct of the user has the traits from here alone.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Attribute, Data, DeriveInput, Error, Expr, Field, Fields, LitInt, LitStr};

/// `Serialize`, which adds the version, and `Deserialize`, which upgrades what is older.
pub(super) fn implementations(input: &DeriveInput, version: &(LitInt, Expr)) -> syn::Result<TokenStream> {
    let (number, upgrade) = version;
    let fields = fields(&input.data, number)?;
    let (name, attrs) = (&input.ident, of_serde(&input.attrs));
    let remote = LitStr::new(&name.to_token_stream().to_string(), name.span());
    Ok(quote! {
        #[derive(::fang::serde::Serialize)]
        #[serde(crate = "::fang::serde", remote = #remote)]
        #attrs
        struct __Saved {
            #(#fields,)*
            #[serde(rename = "version", getter = "__version")]
            __version: ::fang::__private::Version<#number>,
        }

        fn __version(_: &#name) -> ::fang::__private::Version<#number> {
            ::fang::__private::Version
        }

        #[automatically_derived]
        impl ::fang::serde::Serialize for #name {
            fn serialize<S: ::fang::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                __Saved::serialize(self, serializer)
            }
        }

        #[derive(::fang::serde::Deserialize)]
        #[serde(crate = "::fang::serde", remote = #remote)]
        #attrs
        struct __Read { #(#fields),* }

        #[derive(::fang::serde::Deserialize)]
        #[serde(crate = "::fang::serde", transparent)]
        struct __Current(#[serde(with = "__Read")] #name);

        #[automatically_derived]
        impl<'de> ::fang::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::fang::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let read = ::fang::__private::upgraded(deserializer, #number, #upgrade);
                read.map(|__Current(task)| task)
            }
        }
    })
}

/// The fields with their attributes of serde.
fn fields(data: &Data, number: &LitInt) -> syn::Result<Vec<TokenStream>> {
    match data {
        Data::Struct(data) if !matches!(data.fields, Fields::Unnamed(_)) => {
            Ok(data.fields.iter().map(field).collect())
        }
        _ => {
            let why = "only a struct with named fields has a version, since that is saved beside them";
            Err(Error::new(number.span(), why))
        }
    }
}

fn field(field: &Field) -> TokenStream {
    let (attrs, name, ty) = (of_serde(&field.attrs), &field.ident, &field.ty);
    quote!(#attrs #name: #ty)
}

fn of_serde(attrs: &[Attribute]) -> TokenStream {
    attrs.iter().filter(|attr| attr.path().is_ident("serde")).map(ToTokens::to_token_stream).collect()
}
