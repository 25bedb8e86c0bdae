//! Who may come in, and from where.

use crate::access::{Access, Viewer};
use crate::refusal::Refusal;
use crate::session::Token;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use chrono::Utc;
use std::fmt;
use std::sync::Arc;

/// The name of the cookie.
pub(crate) const COOKIE: &str = "fang_web";

type Check = dyn Fn(&Parts) -> Viewer + Send + Sync;

/// What decides who may do what.
#[derive(Clone)]
pub(crate) enum Gate {
    Token(Token),
    Check(Arc<Check>),
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Token(_)) { "Token" } else { "Check" })
    }
}

impl Gate {
    /// Who has sent this request.
    pub(crate) fn viewer(&self, parts: &Parts) -> Viewer {
        match self {
            Self::Check(check) => check(parts),
            Self::Token(token) => {
                by_token(token, &parts.headers).unwrap_or_else(|| Viewer::from(Access::None))
            }
        }
    }
}

fn by_token(token: &Token, headers: &HeaderMap) -> Option<Viewer> {
    if let Some(given) = bearer(headers) {
        return token.is(given).then(|| Viewer::named("token", Access::Full));
    }
    let now = u64::try_from(Utc::now().timestamp()).ok()?;
    let name = cookies(headers, COOKIE).find_map(|cookie| token.read(cookie, now))?;
    Some(Viewer::named(if name.is_empty() { "token".to_owned() } else { name }, Access::Full))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// The values of the cookies with this name.
pub(crate) fn cookies<'a>(headers: &'a HeaderMap, wanted: &'static str) -> impl Iterator<Item = &'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|value| value.split(';'))
        .filter_map(|one| one.trim().split_once('='))
        .filter_map(move |(name, value)| (name == wanted).then_some(value))
}

/// The hosts that requests may name, so that a page of another name that resolves to this server gets nothing.
#[derive(Clone, Debug)]
pub(crate) struct Hosts(Vec<String>);

impl Default for Hosts {
    fn default() -> Self {
        Self(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned).to_vec())
    }
}

impl Hosts {
    pub(crate) fn add(&mut self, host: &str) {
        self.0.push(without_port(host).to_ascii_lowercase());
    }

    /// Whether the host of a request, with or without a port, is among them.
    pub(crate) fn check(&self, parts: &Parts) -> Result<(), Refusal> {
        let host = host(parts).map(|host| without_port(host).to_ascii_lowercase());
        let is_known = host.is_some_and(|host| self.0.contains(&host));
        let reason = "the dashboard does not answer for this host; name it with `hosts`, or with --host of the command";
        if is_known { Ok(()) } else { Err(Refusal::new(StatusCode::MISDIRECTED_REQUEST, reason)) }
    }
}

/// The host that the browser asked for, with its port. A request with two is one that nobody sends honestly.
fn host(parts: &Parts) -> Option<&str> {
    let mut named = parts.headers.get_all(header::HOST).iter();
    match (named.next(), named.next()) {
        (Some(host), None) => host.to_str().ok(),
        (None, _) => parts.uri.authority().map(|authority| authority.as_str()),
        _ => None,
    }
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        _ => host,
    }
}

/// Whether a request that changes something comes from a page of this dashboard, or from a program with a token.
/// Cookies alone do not tell: browsers send them along with forms of other sites.
pub(crate) fn check_origin(parts: &Parts) -> Result<(), Refusal> {
    let text = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let is_own = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let named = origin.split_once("://").map(|(_, host)| host);
            named.is_some_and(|named| host(parts).is_some_and(|host| host.eq_ignore_ascii_case(named)))
        }
        (None, None) => bearer(&parts.headers).is_some(),
    };
    let reason =
        "this request comes from another site, or does not tell where it comes from; nothing was changed";
    if is_own { Ok(()) } else { Err(Refusal::forbidden(reason)) }
}

/// Whether the browser speaks TLS, to this server or to a proxy before it. Decides only about the `Secure` of the
/// cookie.
pub(crate) fn is_encrypted(headers: &HeaderMap) -> bool {
    let begins = |name: &str, with: &str| {
        headers.get(name).is_some_and(|value| value.as_bytes().starts_with(with.as_bytes()))
    };
    begins("origin", "https://") || begins("x-forwarded-proto", "https")
}
