use crate::app::App;
use crate::args::Args;
use crate::pools::Pools;
use crate::round::{self, Left};
use crate::summary::{self, Summary};
use crate::{demo, list, progress};
use fang::FangError;
use std::time::Instant;

/// How it ended.
pub(crate) enum Ending {
    /// All is done: each item was delivered once to each subscriber, and digested.
    Complete,
    /// All is done, and the tables are not what they should be.
    Incorrect,
    /// Ctrl-C: the rest waits for the next start.
    Interrupted,
}

pub(crate) async fn run(args: &Args, uri: &str) -> Result<Ending, FangError> {
    let urls = list::urls(&args.source)?;
    let server = match args.source.demo {
        Some(feeds) => Some(demo::serve(feeds).await?),
        None => None,
    };
    let app = App::new(args, uri, server).await?;
    let items_before = summary::items(&app).await?;

    let before = round::left(&app).await?;
    print_start(before, args.lease_seconds);
    // First the pools: what became due while they start would be a burst.
    let pools = Pools::start(&app, args, uri).await?;
    let started = Instant::now();
    let round = async {
        round::begin(&app, &urls, args.rate, before).await?;
        progress::watch(&app, urls.len() as u64).await
    };
    let is_done = tokio::select! {
        done = round => done.map(|()| true),
        _ = tokio::signal::ctrl_c() => Ok(false),
    };
    // Whatever happened, the workers end in good order.
    pools.shutdown().await;
    if !is_done? {
        let left = round::left(&app).await?;
        println!("Interrupted: {left} are left.");
        println!("Start it again to go on.");
        return Ok(Ending::Interrupted);
    }
    let summary = Summary::read(&app, &urls, items_before, started.elapsed()).await?;
    println!("{summary}");
    Ok(if summary.is_correct() { Ending::Complete } else { Ending::Incorrect })
}

/// Says what an earlier run has left.
fn print_start(before: Left, lease_seconds: u64) {
    if before.is_nothing() {
        return;
    }
    println!("Going on: {before} were left.");
    if before.held > 0 {
        let held = before.held;
        println!(
            "{held} of them are held by a process. Should it be dead, they run once its {lease_seconds} s are over."
        );
    }
}
