//! Transactions of the application that insert one task each: how many commit each second, and how long after its commit a
//! task starts.

use crate::side::{Mode, Side};
use crate::starts::next;
use crate::tasks::{heavies, lights};
use crate::{Bench, fresh};
use fang::{PgConnection, Queue};
use fang_bench_kit::{Error, Latency, Tally};
use std::time::{Duration, Instant};

const SPAN: Duration = Duration::from_secs(6);
/// More than can be inserted meanwhile.
const MOST: u64 = 200_000;

pub(crate) async fn transactions(bench: &mut Bench<'_>) -> Result<(), Error> {
    for name in Side::NAMES {
        for (case, producers, notifies) in [
            ("1 at once", 1, true),
            ("64 at once", 64, true),
            ("64 at once, without notifications", 64, false),
        ] {
            measure(bench, name, &format!("{name}, {case}"), producers, notifies).await?;
        }
    }
    Ok(())
}

async fn measure(
    bench: &mut Bench<'_>,
    name: &str,
    case: &str,
    producers: u64,
    notifies: bool,
) -> Result<(), Error> {
    let (database, meter) = fresh().await?;
    meter.client().batch_execute("CREATE TABLE orders (number bigint)").await?;
    let side = Side::new(name, database.uri(), 8);
    let inserts = if notifies { side.clone() } else { Side::silent(name, database.uri(), 8) };
    let tally = Tally::new(usize::try_from(MOST)?);
    let mut starts = Tally::watch();
    let pool = side.start(10).await?;
    let began = Instant::now();
    let mut running = Vec::new();
    for producer in 0..producers {
        let (side, uri) = (inserts.clone(), database.uri().to_owned());
        let numbers = (producer..MOST).step_by(usize::try_from(producers)?);
        running.push(match side.queue {
            Mode::Async(queue) => tokio::spawn(light_orders(queue, uri, numbers, began + SPAN)),
            Mode::Blocking(queue) => {
                tokio::task::spawn_blocking(move || heavy_orders(&queue, &uri, numbers, began + SPAN))
            }
        });
    }
    let mut committed = vec![None; usize::try_from(MOST)?];
    let mut commits = 0;
    for producer in running {
        for (number, at) in producer.await?? {
            committed[usize::try_from(number)?] = Some(at);
            commits += 1;
        }
    }
    let took = began.elapsed();
    let mut latency = Latency::new()?;
    for _ in 0..commits {
        let (number, started) = next(&mut starts, Duration::from_secs(20)).await?;
        let committed = committed[usize::try_from(number)?].ok_or("a task ran that was not committed")?;
        latency.record(started.saturating_duration_since(committed));
    }
    pool.stop().await;
    bench.figures.add(
        "transactions",
        case,
        [
            ("commits/s", f64::from(commits) / took.as_secs_f64()),
            ("p50 ms", latency.ms(0.5)),
            ("p99 ms", latency.ms(0.99)),
        ],
    );
    if tally.doubled() > 0 {
        bench.figures.note("transactions", case, format!("{} doubled", tally.doubled()));
    }
    Ok(database.drop().await?)
}

type Committed = Vec<(u64, Instant)>;

const ORDER: &str = "INSERT INTO orders VALUES (1)";

async fn light_orders(
    queue: fang::AsyncQueue<fang::NoTls>,
    uri: String,
    numbers: impl Iterator<Item = u64>,
    until: Instant,
) -> Result<Committed, Error> {
    let (mut client, connection) = tokio_postgres::connect(&uri, tokio_postgres::NoTls).await?;
    let connection = tokio::spawn(connection);
    let mut committed = Vec::new();
    for number in numbers.take_while(|_| Instant::now() < until) {
        let transaction = client.transaction().await?;
        transaction.batch_execute(ORDER).await?;
        queue.insert_tasks_in(&transaction, lights(number..number + 1, crate::tasks::SMALL)?).await?;
        transaction.commit().await?;
        committed.push((number, Instant::now()));
    }
    drop(client);
    connection.await??;
    Ok(committed)
}

fn heavy_orders(
    queue: &Queue,
    uri: &str,
    numbers: impl Iterator<Item = u64>,
    until: Instant,
) -> Result<Committed, Error> {
    use diesel::Connection;
    use diesel::connection::SimpleConnection;
    let mut connection = PgConnection::establish(uri)?;
    let mut committed = Vec::new();
    for number in numbers.take_while(|_| Instant::now() < until) {
        connection.transaction(|connection| {
            connection.batch_execute(ORDER)?;
            queue.insert_tasks_in(connection, heavies(number..number + 1, crate::tasks::SMALL)?)?;
            Ok::<_, Error>(())
        })?;
        committed.push((number, Instant::now()));
    }
    Ok(committed)
}
