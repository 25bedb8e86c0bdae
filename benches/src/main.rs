//! Prints what fang does a second on a Postgres server, and what each task costs it.
//!
//! `make bench` runs it against a throwaway cluster with `synchronous_commit` on. All figures of a
//! run come from one machine at one time, so compare them with each other, not across runs.

mod drain;
mod idle;
mod insert;
mod meter;
mod pickup;
mod tasks;

use fang::asynk::async_queue::AsyncQueue;
use fang::{FangError, NoTls};
use fang_test_support::TestDatabase;

/// All of them; the arguments choose some.
const BENCHES: [&str; 5] = ["insert", "bulk", "drain", "pickup", "idle"];

type Queue = AsyncQueue<NoTls>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chosen: Vec<String> = std::env::args().skip(1).collect();
    println!("| what | figure |\n|---|---|");
    for bench in
        BENCHES.iter().filter(|name| chosen.is_empty() || chosen.iter().any(|chosen| chosen == *name))
    {
        let database = TestDatabase::create().await?;
        run(bench, &database).await?;
        database.drop().await?;
    }
    Ok(())
}

async fn run(bench: &str, database: &TestDatabase) -> Result<(), Box<dyn std::error::Error>> {
    let queue = queue(database.uri()).await?;
    let meter = meter::Meter::new(database.client().await?);
    match bench {
        "insert" => insert::one_by_one(&queue, &meter).await,
        "bulk" => insert::bulk(&queue, &meter).await,
        "drain" => drain::drain(&queue, &meter).await,
        "pickup" => pickup::pickup(&queue, database.uri()).await,
        _ => idle::idle(&queue, &meter).await,
    }
}

async fn queue(uri: &str) -> Result<Queue, FangError> {
    let mut queue = AsyncQueue::builder().uri(uri).max_pool_size(8_u32).build();
    queue.connect(NoTls).await?;
    queue.migrate().await?;
    Ok(queue)
}

/// One line of the table.
fn report(what: &str, figure: &str) {
    println!("| {what} | {figure} |");
}
