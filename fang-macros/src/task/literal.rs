//! Options that are either a literal, which is read at compile time, or any other expression.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::parse::Parse;
use syn::{Error, Expr, ExprLit, Lit, LitStr};

/// The string, if the expression is one.
pub(super) fn string(expr: &Expr) -> Option<&LitStr> {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Str(string), .. }) => Some(string),
        Expr::Group(group) => string(&group.expr),
        _ => None,
    }
}

/// The string that has to be there.
pub(super) fn only_string(expr: &Expr, example: &str) -> syn::Result<LitStr> {
    string(expr).cloned().ok_or_else(|| Error::new_spanned(expr, format!("write a string: `{example}`")))
}

/// What a string says, or the expression as it is. Other literals are refused.
pub(super) fn read<T: Parse + ToTokens>(expr: &Expr, example: &str) -> syn::Result<TokenStream> {
    match (string(expr), expr) {
        (Some(string), _) => said::<T>(string, example).map(ToTokens::into_token_stream),
        (None, Expr::Lit(_)) => Err(Error::new_spanned(expr, format!("write a string: `{example}`"))),
        (None, expr) => Ok(expr.to_token_stream()),
    }
}

/// What a string says. Errors point at the string.
pub(super) fn said<T: Parse>(string: &LitStr, example: &str) -> syn::Result<T> {
    string.parse().map_err(|error| Error::new(string.span(), format!("{error}; for example `{example}`")))
}

/// One of some words, with what it stands for.
pub(super) fn word(string: &LitStr, words: &[(&str, TokenStream)]) -> syn::Result<TokenStream> {
    let found = words.iter().find(|(word, _)| *word == string.value());
    found.map(|(_, meaning)| meaning.clone()).ok_or_else(|| {
        let all: Vec<_> = words.iter().map(|(word, _)| format!("{word:?}")).collect();
        Error::new(string.span(), format!("write one of {}", all.join(", ")))
    })
}
