//! The feeds of the demo, served on loopback. They are the same in every run, so that a run can be repeated and
//! continued.

mod behaviour;
mod content;
mod prose;
mod server;

use fang::FangError;
use reqwest::Url;
use std::net::SocketAddr;

pub(crate) use server::serve;

const SCHEME: &str = "demo:";

/// Returns the name of a feed. It does not contain the port, which changes with each process.
pub(crate) fn url(number: u64) -> String {
    format!("{SCHEME}{number}")
}

/// Returns the URL to fetch a demo feed from. `None` if the name is not that of a demo feed.
pub(crate) fn resolve(url: &str, server: Option<SocketAddr>) -> Option<Result<Url, FangError>> {
    let number = url.strip_prefix(SCHEME)?;
    let Some(server) = server else {
        return Some(Err(FangError::new(format!("{url} is served only with --demo"))));
    };
    Some(Url::parse(&format!("http://{server}/feeds/{number}")).map_err(FangError::from_error))
}
