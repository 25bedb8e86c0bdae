//! What ten clients that look, and ten browsers with live pages, cost a fleet that runs 20,000 tasks a second.

use super::steady::Fleet;
use super::viewers::Viewers;
use super::{SPAN, busy};
use crate::Bench;
use fang::AsyncBackend;
use fang::NoTls;
use fang::asynk::Admin;
use fang::asynk::async_queue::AsyncQueue;
use fang_bench_kit::Error;
use fang_observe::Metrics;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;
use tokio::process::{Child, Command};
use tokio::task::JoinSet;

/// How many clients scrape `/metrics`, and how many are processes of `fang top`.
const CLIENTS: usize = 10;
const SCRAPE_EVERY: Duration = Duration::from_secs(1);

/// Measures the fleet with clients, with browsers, and alone.
pub(crate) async fn watch_fleet(bench: &mut Bench<'_>) -> Result<(), Error> {
    let (database, _meter, mut fleet) = busy().await?;
    let admin = AsyncQueue::<NoTls>::builder().uri(database.uri()).max_pool_size(2_u32).build().admin()?;
    look(&mut fleet, &admin, database.uri()).await?;
    fleet.end("watch", bench).await?;
    Ok(database.drop().await?)
}

/// Clients and browsers look, with spans between in which nobody does.
async fn look(fleet: &mut Fleet, admin: &Admin, uri: &str) -> Result<(), Error> {
    for _ in 0..3 {
        let mut watchers = watch(admin, uri)?;
        // What a client does when it starts is not what it costs.
        fleet.phase("clients start", SPAN / 3).await?;
        fleet.phase("ten clients look", SPAN).await?;
        if let Some(ended) = watchers.scrapers.try_join_next() {
            return ended?.and(Err("a client has stopped looking".into()));
        }
        for top in &mut watchers.tops {
            if let Some(code) = top.try_wait()? {
                return Err(format!("fang top has ended: {code}").into());
            }
        }
        drop(watchers);
        fleet.phase("nobody looks", SPAN).await?;
        let mut viewers = Viewers::open(uri).await?;
        fleet.phase("browsers open", SPAN / 3).await?;
        fleet.phase("ten browsers look", SPAN).await?;
        viewers.check()?;
        drop(viewers);
        fleet.phase("nobody looks", SPAN).await?;
    }
    Ok(())
}

/// Clients that look until this is dropped.
struct Watchers {
    scrapers: JoinSet<Result<(), Error>>,
    tops: Vec<Child>,
}

fn watch(admin: &Admin, uri: &str) -> Result<Watchers, Error> {
    let metrics = Arc::new(Metrics::new(admin.clone()));
    let mut scrapers = JoinSet::new();
    for _ in 0..CLIENTS {
        let metrics = metrics.clone();
        scrapers.spawn(async move {
            loop {
                metrics.text().await?;
                tokio::time::sleep(SCRAPE_EVERY).await;
            }
        });
    }
    let top = || {
        Command::new(command()?)
            .arg("top")
            .env("DATABASE_URL", uri)
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    };
    let tops = (0..CLIENTS).map(|_| top()).collect::<Result<_, _>>()?;
    Ok(Watchers { scrapers, tops })
}

/// The program `fang`, which is built beside this one.
pub(super) fn command() -> std::io::Result<PathBuf> {
    let fang = std::env::current_exe()?.with_file_name("fang");
    if fang.exists() {
        return Ok(fang);
    }
    Err(std::io::Error::other(format!("{} is missing: cargo build --release -p fang-cli", fang.display())))
}
