//! Browsers with live pages open, at a real `fang web`.

use super::look::command;
use fang_bench_kit::Error;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

const TOKEN: &str = "a token of the benchmarks";
/// The pages that are open, two of each.
const PAGES: [&str; 5] = ["overview", "types", "workers", "running", "errors"];
const VIEWERS: usize = 10;

/// A dashboard with viewers, until this is dropped.
pub(super) struct Viewers {
    web: Child,
    streams: JoinSet<Result<(), Error>>,
}

impl Viewers {
    pub(super) async fn open(uri: &str) -> Result<Self, Error> {
        let mut web = Command::new(command()?)
            .args(["web", "--listen", "127.0.0.1:0"])
            .env("DATABASE_URL", uri)
            .env("FANG_WEB_TOKEN", TOKEN)
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let said = web.stdout.take().ok_or("fang web has no output")?;
        let first = BufReader::new(said).lines().next_line().await?.unwrap_or_default();
        let address = first.strip_prefix("serving http://").ok_or("fang web does not serve")?;
        let address = address.trim_end_matches('/').to_owned();
        let mut streams = JoinSet::new();
        for number in 0..VIEWERS {
            streams.spawn(view(address.clone(), PAGES[number % PAGES.len()]));
        }
        Ok(Self { web, streams })
    }

    /// Fails if the dashboard or a viewer has ended.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        if let Some(code) = self.web.try_wait()? {
            return Err(format!("fang web has ended: {code}").into());
        }
        match self.streams.try_join_next() {
            Some(ended) => ended?.and(Err("a live page has ended".into())),
            None => Ok(()),
        }
    }
}

/// Reads the events of a page, as a browser does.
async fn view(address: String, page: &str) -> Result<(), Error> {
    let mut stream = TcpStream::connect(&address).await?;
    let request = format!(
        "GET /live?page={page} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\nAccept: text/event-stream\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut bytes = [0; 16 * 1024];
    let read = stream.read(&mut bytes).await?;
    if !bytes[..read].starts_with(b"HTTP/1.1 200") {
        return Err("a live page was refused".into());
    }
    while stream.read(&mut bytes).await? > 0 {}
    Ok(())
}
