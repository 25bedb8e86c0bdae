//! Terminals with `fang top`, and clients that scrape a real `fang metrics`.

use super::program::{Server, named, path};
use super::spent::Group;
use fang_bench_kit::{Error, children_of};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

/// How many clients scrape metrics, and how many terminals show `fang top`.
const CLIENTS: usize = 10;
const SCRAPE_EVERY: Duration = Duration::from_secs(1);
const METRICS: &str = "fang-metrics";
const TOP: &str = "fang-top";

/// Clients that look until this is dropped.
pub(super) struct Clients {
    metrics: Server,
    scrapers: JoinSet<Result<(), Error>>,
    /// The terminals. Their input stays open.
    tops: Vec<Child>,
}

impl Clients {
    pub(super) async fn start(uri: &str) -> Result<Self, Error> {
        let metrics = Server::start("metrics", &[("DATABASE_URL", &named(uri, METRICS))]).await?;
        let mut scrapers = JoinSet::new();
        for _ in 0..CLIENTS {
            scrapers.spawn(scrape(metrics.address.clone()));
        }
        let tops = (0..CLIENTS).map(|_| top(uri)).collect::<Result<_, _>>()?;
        Ok(Self { metrics, scrapers, tops })
    }

    /// The processes and their connections.
    pub(super) fn groups(&self) -> Vec<Group> {
        let tops = self.tops.iter().filter_map(Child::id).flat_map(children_of).collect();
        let metrics = self.metrics.pid().into_iter().collect();
        vec![
            Group { name: "ten processes of fang top", application: TOP, pids: tops },
            Group { name: "ten scrapers of one fang metrics", application: METRICS, pids: metrics },
        ]
    }

    /// Fails if one of them has ended.
    pub(super) fn check(&mut self) -> Result<(), Error> {
        self.metrics.check()?;
        for top in &mut self.tops {
            if let Some(code) = top.try_wait()? {
                return Err(format!("fang top has ended: {code}").into());
            }
        }
        match self.scrapers.try_join_next() {
            Some(ended) => ended?.and(Err("a client has stopped looking".into())),
            None => Ok(()),
        }
    }
}

/// `fang top` with its usual interval, on a terminal that `script` makes.
fn top(uri: &str) -> std::io::Result<Child> {
    let line = format!("stty rows 40 cols 120; exec '{}' top", path()?.display());
    Command::new("script")
        .args(["-qefc", &line, "/dev/null"])
        .env("DATABASE_URL", named(uri, TOP))
        .env("SHELL", "/bin/sh")
        .env("TERM", "xterm-256color")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

/// Asks for the metrics again and again, as Prometheus does.
async fn scrape(address: String) -> Result<(), Error> {
    let request = format!("GET /metrics HTTP/1.0\r\nHost: {address}\r\n\r\n");
    loop {
        let mut stream = TcpStream::connect(&address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        if !answer.starts_with("HTTP/1.0 200") {
            return Err("a scrape was refused".into());
        }
        tokio::time::sleep(SCRAPE_EVERY).await;
    }
}
