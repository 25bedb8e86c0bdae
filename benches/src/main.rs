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
use fang::{FangError, NoTls, Queue};
use fang_test_support::{PgBouncer, TestDatabase};

/// All of them; the arguments choose some.
const BENCHES: [&str; 11] = [
    "insert",
    "bulk",
    "drain",
    "drain_blocking",
    "pickup",
    "pickup_blocking",
    "idle",
    "idle_blocking",
    "insert_pgbouncer",
    "drain_pgbouncer",
    "drain_blocking_pgbouncer",
];

/// The connections that PgBouncer makes to the server.
const POOLED: usize = 5;

/// The queues of both modes, over one database.
struct Queues {
    light: AsyncQueue<NoTls>,
    heavy: Queue,
}

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
    let (bench, bouncer) = match bench.strip_suffix("_pgbouncer") {
        Some(bench) => (bench, Some(PgBouncer::start(database.uri(), POOLED).await?)),
        None => (bench, None),
    };
    if bouncer.is_some() {
        report(&format!("through PgBouncer, {POOLED} connections:"), "");
    }
    let queues = queues(bouncer.as_ref().map_or(database.uri(), PgBouncer::uri), bouncer.is_some()).await?;
    let meter = meter::Meter::new(database.client().await?);
    match bench {
        "insert" => insert::one_by_one(&queues.light, &meter).await,
        "bulk" => insert::bulk(&queues.light, &meter).await,
        "drain" => drain::drain(&queues, &meter).await,
        "drain_blocking" => drain::drain_blocking(&queues, &meter).await,
        "pickup" => pickup::pickup(&queues, database.uri()).await,
        "pickup_blocking" => pickup::pickup_blocking(&queues, database.uri()).await,
        "idle" => idle::idle(&queues, &meter).await,
        _ => idle::idle_blocking(&queues, &meter).await,
    }
}

async fn queues(uri: &str, pgbouncer: bool) -> Result<Queues, FangError> {
    let mut light = AsyncQueue::builder().uri(uri).max_pool_size(8_u32).pgbouncer(pgbouncer).build();
    light.connect(NoTls).await?;
    light.migrate().await?;
    Ok(Queues { light, heavy: Queue::builder().uri(uri).max_pool_size(8_u32).pgbouncer(pgbouncer).build() })
}

/// One line of the table.
fn report(what: &str, figure: &str) {
    println!("| {what} | {figure} |");
}
