//! Spans of time in strings: `30s`, `1h 30m`, `7 days`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::LitInt;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};

/// A span of time, in milliseconds.
pub(super) struct Span(u64);

impl Parse for Span {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut total = 0_u64;
        if !input.peek(LitInt) {
            return Err(input.error("a span of time is a number with a unit"));
        }
        while input.peek(LitInt) {
            let number: LitInt = input.parse()?;
            let unit = match number.suffix() {
                "" => input.call(Ident::parse_any).map_err(|error| {
                    syn::Error::new(error.span(), format!("`{number}` has no unit of time"))
                })?,
                suffix => Ident::new(suffix, number.span()),
            };
            let millis = number.base10_parse::<u64>()?.checked_mul(unit_in_millis(&unit)?);
            total = millis
                .and_then(|millis| total.checked_add(millis))
                .ok_or_else(|| syn::Error::new(number.span(), "the span of time is too long"))?;
        }
        Ok(Self(total))
    }
}

/// A span of time, or `forever`.
pub(super) enum Keep {
    For(Span),
    Forever,
}

impl Parse for Keep {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        mod word {
            syn::custom_keyword!(forever);
        }
        if input.peek(word::forever) {
            input.parse::<word::forever>()?;
            return Ok(Self::Forever);
        }
        input.parse().map(Self::For)
    }
}

impl ToTokens for Keep {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::For(span) => span.to_tokens(tokens),
            Self::Forever => tokens.extend(quote!(::core::time::Duration::MAX)),
        }
    }
}

fn unit_in_millis(unit: &Ident) -> syn::Result<u64> {
    const SECOND: u64 = 1000;
    Ok(match unit.to_string().as_str() {
        "ms" => 1,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => 60 * SECOND,
        "h" | "hour" | "hours" => 3600 * SECOND,
        "d" | "day" | "days" => 24 * 3600 * SECOND,
        "w" | "week" | "weeks" => 7 * 24 * 3600 * SECOND,
        other => {
            let message = format!("`{other}` is not a unit of time: use ms, s, m, h, d or w");
            return Err(syn::Error::new(unit.span(), message));
        }
    })
}

impl ToTokens for Span {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let millis = self.0;
        tokens.extend(quote!(::core::time::Duration::from_millis(#millis)));
    }
}
