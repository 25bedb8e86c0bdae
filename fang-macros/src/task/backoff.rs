//! Backoffs in strings: `exponential(1s, max = 1h, jitter)`.

use super::time::Span;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Error, LitFloat, LitInt, Token, parenthesized, token};

/// The jitter of `jitter` without a number: 10 %.
const DEFAULT_JITTER: f64 = 0.1;

/// A backoff.
pub(super) struct Backoff {
    shape: Ident,
    waits: Vec<Span>,
    longest: Option<Span>,
    jitter: Option<f64>,
}

impl Parse for Backoff {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let shape: Ident =
            input.parse().map_err(|error| Error::new(error.span(), "a backoff begins with its shape"))?;
        if !["exponential", "linear", "constant", "list"].iter().any(|known| shape == known) {
            let message = format!("`{shape}` is not a backoff: use exponential, linear, constant or list");
            return Err(Error::new(shape.span(), message));
        }
        if !input.peek(token::Paren) {
            return Err(Error::new(shape.span(), format!("`{shape}` has its parts in parentheses")));
        }
        let content;
        parenthesized!(content in input);
        let mut backoff = Self { shape, waits: Vec::new(), longest: None, jitter: None };
        while !content.is_empty() {
            backoff.part(&content)?;
            if !content.is_empty() {
                content.parse::<Token![,]>()?;
            }
        }
        let (shape, waits) = (&backoff.shape, backoff.waits.len());
        if (shape == "list" && waits == 0) || (shape != "list" && waits != 1) {
            let needs = if shape == "list" { "at least one span" } else { "one span" };
            return Err(Error::new(
                shape.span(),
                format!("`{shape}` takes {needs} of time, and has {waits}"),
            ));
        }
        Ok(backoff)
    }
}

impl Backoff {
    fn part(&mut self, content: ParseStream<'_>) -> syn::Result<()> {
        if Span::is_next(content) {
            self.waits.push(content.parse()?);
            return Ok(());
        }
        let name: Ident = content.parse()?;
        if (name == "max" && self.longest.is_some()) || (name == "jitter" && self.jitter.is_some()) {
            return Err(Error::new(name.span(), format!("`{name}` is there twice; remove one")));
        }
        match name.to_string().as_str() {
            "max" => {
                content.parse::<Token![=]>()?;
                self.longest = Some(content.parse()?);
            }
            "jitter" => self.jitter = Some(jitter(content)?),
            other => {
                let message =
                    format!("`{other}` is not a part of a backoff: use a span of time, `max` or `jitter`");
                return Err(Error::new(name.span(), message));
            }
        }
        Ok(())
    }
}

/// The number after `jitter`: `= 0.2` or `= 20%`.
fn jitter(content: ParseStream<'_>) -> syn::Result<f64> {
    if content.parse::<Option<Token![=]>>()?.is_none() {
        return Ok(DEFAULT_JITTER);
    }
    let at = content.span();
    let number: f64 = match content.parse::<Option<LitInt>>()? {
        Some(number) => number.base10_parse()?,
        None => content.parse::<LitFloat>()?.base10_parse()?,
    };
    let part = if content.parse::<Option<Token![%]>>()?.is_some() { number / 100.0 } else { number };
    match (0.0..=1.0).contains(&part) {
        true => Ok(part),
        false => Err(Error::new(at, "jitter is a part of the wait, from 0 to 1 or from 0% to 100%")),
    }
}

impl ToTokens for Backoff {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { shape, waits, .. } = self;
        tokens.extend(match shape == "list" {
            true => quote!(::fang::Backoff::list([#(#waits),*])),
            false => quote!(::fang::Backoff::#shape(#(#waits),*)),
        });
        if let Some(longest) = &self.longest {
            tokens.extend(quote!(.at_most(#longest)));
        }
        if let Some(jitter) = self.jitter {
            tokens.extend(quote!(.jitter(#jitter)));
        }
    }
}
