//! The expansion of `#[derive(ToFangError)]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Data, DeriveInput, Error, parse_quote};

/// Expands to the conversion, or returns an error for a union.
pub(crate) fn expand(mut input: DeriveInput) -> syn::Result<TokenStream> {
    if let Data::Union(union) = &input.data {
        let message =
            "ToFangError cannot be derived for a union, which has no Debug; use an enum or a struct";
        return Err(Error::new(union.union_token.span, message));
    }
    let name = &input.ident;
    // The bound is on the whole type, since its own `Debug` decides about the bounds of the parameters.
    if !input.generics.params.is_empty() {
        let (_, generics, _) = input.generics.split_for_impl();
        let bound = parse_quote!(#name #generics: ::core::fmt::Debug);
        input.generics.make_where_clause().predicates.push(bound);
    }
    let (parameters, generics, bounds) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #parameters ::core::convert::From<#name #generics> for ::fang::FangError #bounds {
            fn from(error: #name #generics) -> Self {
                Self { description: ::std::format!("{error:?}") }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(input: DeriveInput) -> String {
        expand(input).unwrap().to_string()
    }

    #[test]
    fn only_the_crate_fang_and_the_standard_library_are_named() {
        let code = expanded(parse_quote!(
            enum MailError {
                Refused,
            }
        ));
        assert!(code.contains("From < MailError > for :: fang :: FangError {"), "{code}");
        assert!(!code.contains("where"), "{code}");
    }

    #[test]
    fn generics_keep_their_bounds_and_lose_their_defaults() {
        let code = expanded(parse_quote!(
            struct Wrapped<'a, T: Send = u8, const N: usize = 1>(&'a [T; N])
            where
                T: Sync;
        ));
        assert!(code.contains("impl < 'a , T : Send , const N : usize >"), "{code}");
        let bounds = "where T : Sync , Wrapped < 'a , T , N > : :: core :: fmt :: Debug";
        assert!(code.contains(bounds), "{code}");
    }

    #[test]
    fn a_union_is_refused_with_what_to_do_instead() {
        let input = parse_quote!(
            union Bits {
                a: u8,
            }
        );
        let message = expand(input).unwrap_err().to_string();
        assert!(message.contains("union") && message.contains("use an enum or a struct"), "{message}");
    }
}
