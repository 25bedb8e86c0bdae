//! Reads `name=value` pairs, as libpq does.

use super::invalid;
use fang_core::StoreError;
use std::iter::Peekable;
use std::str::Chars;

/// Reads pairs with white space between. A value with spaces is in single quotes; `\` escapes the next character.
pub(super) fn read(text: &str) -> Result<Vec<(String, String)>, StoreError> {
    if text.contains("://") && !text.contains(' ') {
        return Err(invalid("it begins with neither postgres:// nor postgresql://"));
    }
    let mut pairs = Vec::new();
    let mut rest = text.chars().peekable();
    loop {
        skip_spaces(&mut rest);
        if rest.peek().is_none() {
            return Ok(pairs);
        }
        let mut name = String::new();
        while let Some(next) = rest.next_if(|next| *next != '=' && !next.is_ascii_whitespace()) {
            name.push(next);
        }
        skip_spaces(&mut rest);
        if rest.next() != Some('=') {
            return Err(invalid("it is neither a URI nor a list of name=value pairs"));
        }
        skip_spaces(&mut rest);
        pairs.push((name, value(&mut rest)?));
    }
}

fn skip_spaces(rest: &mut Peekable<Chars<'_>>) {
    while rest.next_if(char::is_ascii_whitespace).is_some() {}
}

fn value(rest: &mut Peekable<Chars<'_>>) -> Result<String, StoreError> {
    let is_quoted = rest.next_if_eq(&'\'').is_some();
    let mut value = String::new();
    loop {
        match rest.peek() {
            None if is_quoted => return Err(invalid("a single quote is not closed")),
            None => return Ok(value),
            Some(next) if !is_quoted && next.is_ascii_whitespace() => return Ok(value),
            Some(_) => {}
        }
        match rest.next() {
            Some('\'') if is_quoted => return Ok(value),
            Some('\\') => value.extend(rest.next()),
            other => value.extend(other),
        }
    }
}
