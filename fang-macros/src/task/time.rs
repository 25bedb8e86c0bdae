//! Spans of time in strings: `30s`, `1h 30m`, `7 days`.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Lit, LitFloat, LitInt, Token};

const NANOS_PER_SECOND: u128 = 1_000_000_000;
const NANOS_PER_MILLI: u128 = 1_000_000;

/// A span of time, in nanoseconds.
pub(super) struct Span(u128);

impl Span {
    /// Whether a span begins here.
    pub(super) fn is_next(input: ParseStream<'_>) -> bool {
        input.peek(LitInt) || input.peek(LitFloat)
    }
}

impl Parse for Span {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let at = input.span();
        if !Self::is_next(input) {
            return Err(input.error("a span of time is a number with a unit"));
        }
        read(&text(input)?).map(Self).map_err(|why| syn::Error::new(at, why))
    }
}

/// The text of a span. Rust has other tokens: `1h30m` is one number with the suffix `h30m`, and `1h1.5m` are three.
fn text(input: ParseStream<'_>) -> syn::Result<String> {
    let mut text = String::new();
    loop {
        let wants_unit = text.ends_with(|last: char| last.is_ascii_digit());
        if Span::is_next(input) {
            text.push_str(&input.parse::<Lit>()?.to_token_stream().to_string());
        } else if wants_unit && input.peek(Token![.]) {
            input.parse::<Token![.]>()?;
            text.push('.');
        } else if wants_unit && input.peek(Ident::peek_any) {
            text.push_str(&input.call(Ident::parse_any)?.to_string());
        } else {
            return Ok(text);
        }
    }
}

/// The nanoseconds of numbers with units, one after the other.
fn read(text: &str) -> Result<u128, String> {
    let (mut rest, mut total) = (text, 0_u128);
    while !rest.is_empty() {
        let number = head(&mut rest, |c| c.is_ascii_digit() || c == '.' || c == '_');
        let unit = head(&mut rest, |c| !c.is_ascii_digit());
        if unit.is_empty() {
            return Err(format!("`{number}` has no unit of time"));
        }
        total += nanos(number, unit)?;
        if total / NANOS_PER_MILLI > u64::MAX.into() {
            return Err(TOO_LONG.to_owned());
        }
    }
    Ok(total)
}

const TOO_LONG: &str = "the span of time is too long";

/// Takes the beginning of a text.
fn head<'a>(text: &mut &'a str, belongs: impl Fn(char) -> bool) -> &'a str {
    let end = text.find(|c| !belongs(c)).unwrap_or(text.len());
    let (head, rest) = text.split_at(end);
    *text = rest;
    head
}

/// The nanoseconds of one number with its unit.
fn nanos(number: &str, unit: &str) -> Result<u128, String> {
    let unit = unit_in_nanos(unit)?;
    let digits = number.replace('_', "");
    let (whole, part) = digits.split_once('.').unwrap_or((&digits, ""));
    let places = u32::try_from(part.len()).unwrap_or(u32::MAX);
    let all = format!("{whole}{part}").parse::<u128>().map_err(|_| format!("`{number}` is not a number"))?;
    let scale = 10_u128.checked_pow(places).ok_or(TOO_LONG)?;
    let scaled = all.checked_mul(unit).ok_or(TOO_LONG)?;
    if !scaled.is_multiple_of(scale) {
        return Err(format!("`{number}` is more exact than a nanosecond"));
    }
    Ok(scaled / scale)
}

/// A span of time that is not zero.
pub(super) struct Limit(Span);

impl Parse for Limit {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let at = input.span();
        let span: Span = input.parse()?;
        match span.0 {
            0 => Err(syn::Error::new(at, "a limit of zero leaves no time at all")),
            _ => Ok(Self(span)),
        }
    }
}

impl ToTokens for Limit {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
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

fn unit_in_nanos(unit: &str) -> Result<u128, String> {
    const SECOND: u128 = NANOS_PER_SECOND;
    Ok(match unit {
        "ms" => NANOS_PER_MILLI,
        "s" | "sec" | "secs" | "second" | "seconds" => SECOND,
        "m" | "min" | "mins" | "minute" | "minutes" => 60 * SECOND,
        "h" | "hour" | "hours" => 3600 * SECOND,
        "d" | "day" | "days" => 24 * 3600 * SECOND,
        "w" | "week" | "weeks" => 7 * 24 * 3600 * SECOND,
        other => return Err(format!("`{other}` is not a unit of time: use ms, s, m, h, d or w")),
    })
}

impl ToTokens for Span {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        // A span has at most `u64::MAX` milliseconds.
        let seconds = u64::try_from(self.0 / NANOS_PER_SECOND).unwrap_or(u64::MAX);
        let nanos = u32::try_from(self.0 % NANOS_PER_SECOND).unwrap_or_default();
        tokens.extend(quote!(::core::time::Duration::new(#seconds, #nanos)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<u128, String> {
        syn::parse_str::<Span>(text).map(|span| span.0).map_err(|error| error.to_string())
    }

    #[test]
    fn spans_are_read_exactly_with_and_without_spaces() {
        const MILLI: u128 = NANOS_PER_MILLI;
        for (text, millis) in [
            ("30s", 30_000),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1 h 30 min", 5_400_000),
            ("1.5s", 1500),
            ("1.5 s", 1500),
            ("0.1s", 100),
            ("1.5h", 5_400_000),
            ("1.5h30m", 7_200_000),
            ("1h1.5m", 3_690_000),
            ("1d12h30m15s250ms", 131_415_250),
            ("7 days", 604_800_000),
            ("1_000ms", 1000),
            ("0s", 0),
        ] {
            assert_eq!(read(text), Ok(millis * MILLI), "{text}");
        }
        assert_eq!(read("0.5ms"), Ok(MILLI / 2));
        assert_eq!(read("0.000000001s"), Ok(1));
    }

    #[test]
    fn what_is_no_span_is_refused() {
        for (text, why) in [
            ("s", "a number with a unit"),
            ("5", "`5` has no unit of time"),
            ("1h30", "`30` has no unit of time"),
            ("1.5.5s", "`1.5.5` is not a number"),
            ("5 fortnights", "`fortnights` is not a unit of time"),
            ("1e3s", "`e` is not a unit of time"),
            ("0.0000000001s", "more exact than a nanosecond"),
            ("99999999999999999999d", "too long"),
            ("9999999999999999999999999999999999999999s", "is not a number"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
        assert!(syn::parse_str::<Limit>("0s").is_err() && syn::parse_str::<Limit>("1ms").is_ok());
    }
}
