//! Feeds of our own, on loopback: always the same, so that a run can be repeated and continued.

mod behaviour;
mod content;
mod prose;
mod server;

use fang::FangError;
use reqwest::Url;
use std::net::SocketAddr;

pub(crate) use server::serve;

const SCHEME: &str = "demo:";

/// The name of a feed. It stays the same when the next process serves it at another port.
pub(crate) fn url(number: u64) -> String {
    format!("{SCHEME}{number}")
}

/// Where to fetch the feed of that name; `None` for a feed that is not one of the demo's.
pub(crate) fn resolve(url: &str, server: Option<SocketAddr>) -> Option<Result<Url, FangError>> {
    let number = url.strip_prefix(SCHEME)?;
    let Some(server) = server else {
        return Some(Err(FangError::new(format!("{url} is served only with --demo"))));
    };
    Some(Url::parse(&format!("http://{server}/feeds/{number}")).map_err(FangError::from_error))
}
