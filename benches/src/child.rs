//! A child process with one pool. It is controlled by lines on its standard input.

use crate::side::{Mode, Pool, Served, Side};
use fang_bench_kit::{Error, Tally, busy, resident_mb};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

/// The first word of the command line of a child.
pub(crate) const WORD: &str = "child-process";

/// How often a child reports its progress. With fifty children, reports ten times as often lowered the rate by a
/// quarter.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// Runs a child with the arguments `async|blocking URI WORKERS`, and the number of task types or `*` if it is not one. It prints `ready` once it is connected, and `ran
/// N` whenever more tasks have run. It answers the line `start` with `started` and the line `cost` with `cost
/// MICROSECONDS MEGABYTES`. It shuts down at the end of its input.
pub(crate) async fn run(words: &[String]) -> Result<(), Error> {
    let [name, uri, workers, served @ ..] = words else {
        return Err("a child needs a mode, a URI and a number".into());
    };
    let (side, workers) = (Side::new(name, uri, 1), workers.parse()?);
    let served: Option<Served> = served.first().map(|served| served.parse()).transpose()?;
    connect(&side).await?;
    let tally = Tally::new(0);
    println!("ready");
    let mut orders = BufReader::new(tokio::io::stdin()).lines();
    let mut pool = None;
    let mut told = 0;
    loop {
        let order = tokio::select! {
            order = orders.next_line() => order?,
            () = tokio::time::sleep(TELL_EVERY) => Some(String::new()),
        };
        match order.as_deref() {
            Some("start") => pool = Some(start(&side, workers, served).await?),
            Some("cost") => println!("cost {} {}", busy().as_micros(), resident_mb()),
            Some(_) => tell(tally.distinct(), &mut told),
            None => break,
        }
    }
    drop::<Lines<BufReader<Stdin>>>(orders);
    if let Some(pool) = pool {
        pool.stop().await;
    }
    Ok(())
}

async fn connect(side: &Side) -> Result<(), Error> {
    match &side.queue {
        Mode::Async(queue) => queue.clone().connect(fang::NoTls).await?,
        Mode::Blocking(queue) => drop(queue.clone().migrate()?),
    }
    Ok(())
}

async fn start(side: &Side, workers: u32, served: Option<Served>) -> Result<Pool, Error> {
    let pool = match served {
        Some(served) => side.start_serving(workers, served).await?,
        None => side.start(workers).await?,
    };
    println!("started");
    Ok(pool)
}

fn tell(ran: usize, told: &mut usize) {
    if ran != *told {
        println!("ran {ran}");
        *told = ran;
    }
}
