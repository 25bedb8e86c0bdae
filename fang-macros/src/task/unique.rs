//! The option `unique`: alone, with parts in parentheses, or as an expression.

use super::{literal, time};
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use std::collections::HashSet;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Error, Expr, LitStr, Token, parenthesized, token};

/// How tasks of a kind are unique.
pub(super) enum Unique {
    /// Any expression.
    Expr(Expr),
    /// By parts.
    Parts(Parts),
}

#[derive(Default)]
pub(super) struct Parts {
    fields: Option<Punctuated<Ident, Token![,]>>,
    key: Option<Expr>,
    is_until_started: bool,
    within: Option<TokenStream>,
    replace: Option<TokenStream>,
    is_strict: bool,
}

impl Unique {
    /// Reads what follows the word `unique`.
    pub(super) fn read(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.parse::<Option<Token![=]>>()?.is_some() {
            return input.parse().map(Self::Expr);
        }
        if !input.peek(token::Paren) {
            return Ok(Self::Parts(Parts::default()));
        }
        let content;
        parenthesized!(content in input);
        let mut parts = Parts::default();
        let mut seen = HashSet::new();
        while !content.is_empty() {
            let name: Ident = content.parse()?;
            if !seen.insert(name.to_string()) {
                return Err(Error::new(name.span(), format!("`{name}` is there twice; remove one")));
            }
            parts.part(&name, &content)?;
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        Ok(Self::Parts(parts))
    }

    /// Checks that the fields are arguments.
    pub(super) fn check(&self, saved: &[&Ident]) -> syn::Result<()> {
        let Self::Parts(Parts { fields: Some(fields), .. }) = self else { return Ok(()) };
        match fields.iter().find(|field| !saved.contains(field)) {
            None => Ok(()),
            Some(field) => {
                let saved: Vec<_> = saved.iter().map(|name| format!("`{name}`")).collect();
                let message = match saved.is_empty() {
                    true => "the task has no saved argument; write `unique` alone".to_owned(),
                    false => {
                        format!("`{field}` is no saved argument of the task; it has {}", saved.join(", "))
                    }
                };
                Err(Error::new(field.span(), message))
            }
        }
    }
}

impl Unique {
    /// Checks that the fields are saved under their own names.
    pub(super) fn check_names(&self, may_be_renamed: impl Fn(&Ident) -> bool) -> syn::Result<()> {
        let Self::Parts(Parts { fields: Some(fields), .. }) = self else { return Ok(()) };
        match fields.iter().find(|field| may_be_renamed(field)) {
            None => Ok(()),
            Some(field) => {
                let why = "an attribute of serde saves this field under another name; name it as it is saved: \
                           `unique = fang::Unique::fields([\"name\"])`";
                Err(Error::new(field.span(), why))
            }
        }
    }
}

impl Parts {
    fn part(&mut self, name: &Ident, content: ParseStream<'_>) -> syn::Result<()> {
        let value = || content.parse::<Token![=]>().and_then(|_| content.parse::<Expr>());
        let refuse = |why: &str| Err(Error::new(name.span(), why));
        match name.to_string().as_str() {
            "fields" if self.key.is_some() => {
                refuse("a task is unique by `fields` or by a `key`; choose one")
            }
            "fields" => {
                let fields;
                parenthesized!(fields in content);
                self.fields = Some(fields.parse_terminated(Ident::parse, Token![,])?);
                Ok(())
            }
            "key" if self.fields.is_some() => {
                refuse("a task is unique by `fields` or by a `key`; choose one")
            }
            "key" => value().map(|key| self.key = Some(key)),
            "until_started" if self.within.is_some() => refuse(LASTS),
            "until_started" => {
                self.is_until_started = true;
                Ok(())
            }
            "within" if self.is_until_started => refuse(LASTS),
            "within" => {
                self.within = Some(literal::read::<time::Span>(&value()?, "within = \"1h\"")?);
                Ok(())
            }
            "replace" if self.is_strict => refuse(CONFLICT),
            "replace" => {
                let value = value()?;
                self.replace = Some(match literal::string(&value) {
                    Some(string) => replaced(string)?,
                    None => value.to_token_stream(),
                });
                Ok(())
            }
            "or_error" if self.replace.is_some() => refuse(CONFLICT),
            "or_error" => {
                self.is_strict = true;
                Ok(())
            }
            _ => refuse(
                "unknown part; `unique` has `fields(..)`, `key`, `until_started`, `within`, `replace` and `or_error`",
            ),
        }
    }
}

const LASTS: &str = "a duplicate counts `until_started` or `within` a period; choose one";
const CONFLICT: &str = "an insert replaces parts of its duplicate or fails; choose `replace` or `or_error`";

/// The parts that a string such as `payload | time` names.
fn replaced(string: &LitStr) -> syn::Result<TokenStream> {
    let words = [
        ("payload", quote!(::fang::Replace::PAYLOAD)),
        ("time", quote!(::fang::Replace::TIME)),
        ("priority", quote!(::fang::Replace::PRIORITY)),
        ("all", quote!(::fang::Replace::ALL)),
    ];
    let text = string.value();
    let one = |word: &str| literal::word(&LitStr::new(word.trim(), string.span()), &words);
    let parts = text.split('|').map(one).collect::<syn::Result<Vec<_>>>()?;
    Ok(quote!(#(#parts)|*))
}

impl ToTokens for Unique {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let parts = match self {
            Self::Expr(expr) => return expr.to_tokens(tokens),
            Self::Parts(parts) => parts,
        };
        tokens.extend(match parts {
            Parts { fields: Some(fields), .. } => {
                let names = fields.iter().map(|field| field.unraw().to_string());
                quote!(::fang::Unique::fields([#(#names),*]))
            }
            Parts { key: Some(key), .. } => quote!(::fang::Unique::key(#key)),
            _ => quote!(::fang::Unique::payload()),
        });
        if parts.is_until_started {
            tokens.extend(quote!(.until_started()));
        }
        if let Some(within) = &parts.within {
            tokens.extend(quote!(.within(#within)));
        }
        if let Some(replace) = &parts.replace {
            tokens.extend(quote!(.replace(#replace)));
        }
        if parts.is_strict {
            tokens.extend(quote!(.or_error()));
        }
    }
}
