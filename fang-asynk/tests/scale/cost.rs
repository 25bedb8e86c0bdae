//! The time of a statement, and the rows that the server reads for it.

use crate::RUNS;
use fang_postgres::{DoctorStatements, Schema, Statements};
use tokio_postgres::{Client, SimpleQueryMessage};

pub(crate) struct Cost {
    pub(crate) ms: f64,
    pub(crate) rows: u64,
}

/// The rows that scans of our tables, and the entries that scans of their indexes, returned in this transaction so far. Plans
/// show them as a rounded mean of all loops.
const READ: &str = "SELECT coalesce(sum(pg_stat_get_xact_tuples_returned(oid)), 0)::bigint FROM pg_class
    WHERE relname LIKE 'fang\\_%' AND relkind IN ('r', 'i')";

/// Runs a statement with these parameters, on a session with these settings.
pub(crate) async fn cost(client: &Client, begin: &str, name: &str, sql: &str, values: &str) -> Cost {
    client.batch_execute(&format!("{begin}; PREPARE look AS {sql}")).await.unwrap();
    let execute =
        if values.is_empty() { "EXECUTE look".to_owned() } else { format!("EXECUTE look({values})") };
    let explain = format!("EXPLAIN (ANALYZE, TIMING OFF) {execute}");
    let (mut best, mut before) = (Cost { ms: f64::MAX, rows: 0 }, read(client).await);
    for _ in 0..RUNS {
        let plan = client.simple_query(&explain).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        let line = |message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        let plan: Vec<String> = plan.into_iter().filter_map(line).collect();
        let now = read(client).await;
        best = Cost { ms: best.ms.min(time(&plan)), rows: best.rows.max(now - before) };
        before = now;
    }
    client.batch_execute("ROLLBACK; DEALLOCATE ALL").await.unwrap();
    best
}

async fn read(client: &Client) -> u64 {
    let rows: i64 = client.query_one(READ, &[]).await.unwrap().get(0);
    rows.try_into().unwrap()
}

/// All statements with their names.
pub(crate) fn all() -> Vec<(String, String)> {
    let (ours, of_doctor) = (Statements::new(&Schema::default()), DoctorStatements::new(&Schema::default()));
    let ours = ours.all().into_iter().map(|(name, sql)| (name.to_owned(), sql.to_owned()));
    let of_doctor = of_doctor
        .all()
        .into_iter()
        .map(|(name, sql)| (format!("doctor/{name}"), sql.to_owned()))
        .collect::<Vec<_>>();
    ours.chain(of_doctor).collect()
}

/// What a plan tells of its time.
fn time(plan: &[String]) -> f64 {
    let time = plan.iter().find_map(|line| line.strip_prefix("Execution Time: ")?.strip_suffix(" ms"));
    time.unwrap().parse().unwrap()
}
