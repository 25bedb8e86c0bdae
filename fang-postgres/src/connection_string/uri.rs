//! Reads a URI, as libpq does.

use super::invalid;
use fang_core::StoreError;

type Pairs = Vec<(String, String)>;

/// Reads the text after the scheme: `user:password@host:port,host:port/database?name=value&name=value`.
pub(super) fn read(rest: &str) -> Result<Pairs, StoreError> {
    let mut pairs = Vec::new();
    let rest = match rest.find(['@', '/']) {
        // A password may contain a `?`, so the first `@` or `/` ends it.
        Some(at) if rest[at..].starts_with('@') => {
            let (user, password) = match rest[..at].split_once(':') {
                Some((user, password)) => (user, Some(password)),
                None => (&rest[..at], None),
            };
            give(&mut pairs, "user", user)?;
            give(&mut pairs, "password", password.unwrap_or_default())?;
            &rest[at + 1..]
        }
        _ => rest,
    };
    let (place, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (hosts, database) = place.split_once('/').unwrap_or((place, ""));
    if database.contains('@') {
        // Perhaps the host, port and database so far are parts of a password.
        return Err(invalid("there is an @ after a /; write %2F for a / in a password, and %40 for an @"));
    }
    read_hosts(&mut pairs, hosts)?;
    give(&mut pairs, "dbname", database)?;
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) =
            parameter.split_once('=').ok_or_else(|| invalid("a parameter after the ? has no value"))?;
        if value.contains('=') {
            return Err(invalid("a parameter after the ? has a second =; write %3D for it"));
        }
        pairs.push((decoded(name)?, decoded(value)?));
    }
    Ok(pairs)
}

/// Adds a parameter if it has a value.
fn give(pairs: &mut Pairs, name: &str, value: &str) -> Result<(), StoreError> {
    if !value.is_empty() {
        pairs.push((name.to_owned(), decoded(value)?));
    }
    Ok(())
}

/// Reads `host:port`, or several of them with commas between.
fn read_hosts(pairs: &mut Pairs, hosts: &str) -> Result<(), StoreError> {
    if hosts.is_empty() {
        return Ok(());
    }
    if hosts.contains('@') {
        return Err(invalid("it has more than one @; write %40 for an @ in a user or a password"));
    }
    let (mut names, mut ports) = (Vec::new(), Vec::new());
    for host in hosts.split(',') {
        let (name, port) = match host.strip_prefix('[') {
            Some(rest) => {
                let (address, rest) =
                    rest.split_once(']').ok_or_else(|| invalid("an IPv6 address has no closing ]"))?;
                let port = rest.strip_prefix(':').or_else(|| rest.is_empty().then_some(""));
                (address, port.ok_or_else(|| invalid("an IPv6 address is not followed by a port"))?)
            }
            None => host.split_once(':').unwrap_or((host, "")),
        };
        names.push(decoded(name)?);
        ports.push(decoded(port)?);
    }
    if names.iter().any(|name| !name.is_empty()) {
        pairs.push(("host".to_owned(), names.join(",")));
    }
    if ports.iter().any(|port| !port.is_empty()) {
        pairs.push(("port".to_owned(), ports.join(",")));
    }
    Ok(())
}

/// Decodes `%` and two hexadecimal digits.
fn decoded(text: &str) -> Result<String, StoreError> {
    let digits = || invalid("a % is not followed by two hexadecimal digits; write %25 for a % in a password");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let code = after.get(..2).filter(|code| code.iter().all(u8::is_ascii_hexdigit)).ok_or_else(digits)?;
        let code = std::str::from_utf8(code).ok().and_then(|code| u8::from_str_radix(code, 16).ok());
        bytes.push(code.filter(|code| *code != 0).ok_or_else(digits)?);
        rest = after.get(2..).unwrap_or_default();
    }
    String::from_utf8(bytes).map_err(|_| invalid("what a % encodes is not UTF-8"))
}
