use crate::world::World;
use fang_core::sql::{Schema, Statements};
use tokio_postgres::Client;

#[tokio::test]
async fn every_statement_can_be_prepared_in_the_search_path_and_in_a_named_schema() {
    let world = World::new().await;
    for schema in [Schema::default(), Schema::named("public").unwrap()] {
        for (name, sql) in Statements::new(&schema).all() {
            world.client.prepare(sql).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        }
    }
}

/// A claim with its parameters written out, since EXPLAIN takes none.
fn claim() -> String {
    let values = [
        "1",
        "'common'::text",
        "'{1,0,1,0,1,0,1,0}'",
        "'{0,0,1,1,2,2,3,3}'",
        "array_fill('-infinity'::timestamptz, '{8}')",
        "100",
    ];
    let mut sql = Statements::new(&Schema::default()).claim;
    for (index, value) in values.iter().enumerate().rev() {
        sql = sql.replace(&format!("${}", index + 1), value);
    }
    sql
}

async fn plan(client: &Client, analyze: bool) -> String {
    let options = if analyze { "(ANALYZE, TIMING OFF)" } else { "" };
    let rows = client.query(&format!("EXPLAIN {options} {}", claim()), &[]).await.unwrap();
    rows.iter().map(|row| row.get::<_, String>(0) + "\n").collect()
}

async fn fill(client: &Client, rows: i64, due: &str) {
    let sql = format!(
        "INSERT INTO fang_tasks (metadata, mode, scheduled_at)
         SELECT '{{}}', 1, now() + {due} * interval '1 second' FROM generate_series(1, $1::bigint) n"
    );
    client.execute(&sql, &[&rows]).await.unwrap();
}

#[tokio::test]
async fn a_claim_walks_the_ready_index_however_many_rows_there_are_and_whatever_is_known_of_them() {
    let world = World::new().await;
    world.client.batch_execute("SET enable_seqscan = off").await.unwrap();
    for (rows, due) in [(0, "-n"), (10, "-n"), (50_000, "-n"), (50_000, "n")] {
        fill(&world.client, rows, due).await;
        for statistics in ["", "ANALYZE fang_tasks"] {
            world.client.batch_execute(statistics).await.unwrap();
            let plan = plan(&world.client, false).await;
            assert!(plan.contains("Index Scan using fang_tasks_ready"), "{rows} rows {statistics}:\n{plan}");
            assert!(plan.contains("Tid Scan on fang_tasks"), "{plan}");
            assert!(!plan.contains("Sort"), "{rows} rows {statistics}:\n{plan}");
        }
    }
}

#[tokio::test]
async fn a_claim_reads_no_future_row() {
    let world = World::new().await;
    fill(&world.client, 20_000, "n").await;
    fill(&world.client, 3, "-n").await;
    world
        .client
        .batch_execute("INSERT INTO fang_workers (info) VALUES ('{}'); ANALYZE fang_tasks")
        .await
        .unwrap();
    let plan = plan(&world.client, true).await;
    assert!(plan.contains("Tid Scan on fang_tasks") && plan.contains("rows=3 "), "{plan}");
    assert!(!plan.contains("Rows Removed by Filter"), "{plan}");
}
