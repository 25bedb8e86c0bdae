//! Browsers with live pages open, at a real `fang web`.

use super::program::{Server, named};
use super::spent::Group;
use fang_bench_kit::Error;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

const TOKEN: &str = "a token of the benchmarks";
const NAME: &str = "fang-web";
/// The pages that are open, two of each.
const PAGES: [&str; 5] = ["overview", "types", "workers", "running", "errors"];
const VIEWERS: usize = 10;

/// A dashboard with viewers, until this is dropped.
pub(super) struct Viewers {
    web: Server,
    streams: JoinSet<Result<(), Error>>,
}

impl Viewers {
    pub(super) async fn open(uri: &str) -> Result<Self, Error> {
        let uri = named(uri, NAME);
        let web = Server::start("web", &[("DATABASE_URL", &uri), ("FANG_WEB_TOKEN", TOKEN)]).await?;
        let mut streams = JoinSet::new();
        for number in 0..VIEWERS {
            streams.spawn(view(web.address.clone(), PAGES[number % PAGES.len()]));
        }
        Ok(Self { web, streams })
    }

    /// The dashboard and its connections.
    pub(super) fn groups(&self) -> Vec<Group> {
        let pids = self.web.pid().into_iter().collect();
        vec![Group { name: "ten browsers at one fang web", application: NAME, pids }]
    }

    /// Fails if the dashboard or a viewer has ended.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        self.web.check()?;
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
