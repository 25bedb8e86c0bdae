//! Tables of another version, objects that are missing or not valid, rights, and the care of the tables.

use crate::ward::{Ward, findings, queue};
use fang_asynk::AsyncBackend;
use fang_core::store::Severity;
use fang_test_support::TestDatabase;

const VERSION: i32 = fang_postgres::migrations::VERSION;

#[tokio::test]
async fn missing_tables_are_found() {
    let ward = Ward::empty(TestDatabase::create().await.unwrap()).await;
    let found = ward.only("no-tables").await;
    assert!(found.what_to_do.contains("`fang migrate`"), "{found:?}");
}

#[tokio::test]
async fn tables_of_another_version_are_found() {
    let ward = Ward::empty(TestDatabase::create().await.unwrap()).await;
    ward.run(fang_postgres::migrations::POSTGRES[0].up).await;
    assert!(ward.only("schema-older").await.what.contains("have version 1"));
    ward.queue.migrate().await.unwrap();
    ward.run("DROP TABLE fang_meta").await;
    assert!(ward.only("schema-older").await.what.contains("have version 0"));
    ward.queue.migrate().await.unwrap();
    for (newer, severity) in [(1, Severity::Warning), (2, Severity::Error)] {
        ward.run(&format!("UPDATE fang_meta SET version = {}", VERSION + newer)).await;
        assert_eq!(ward.only("schema-newer").await.severity, severity);
    }
}

#[tokio::test]
async fn lost_bookkeeping_and_a_clock_that_was_ahead_are_found() {
    let ward = Ward::open().await;
    ward.run("UPDATE fang_meta SET was_ahead = true").await;
    ward.only("clock-was-ahead").await;
    ward.run("DELETE FROM fang_meta").await;
    ward.only("lost-bookkeeping").await;
}

#[tokio::test]
async fn objects_that_are_missing_or_not_valid_are_found() {
    let ward = Ward::open().await;
    ward.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'fang_tasks_running'::regclass")
        .await;
    let found = ward.only("invalid-index").await;
    assert!(found.what_to_do.contains("CONCURRENTLY public.fang_tasks_running"), "{found:?}");
    // The advice helps.
    ward.run("REINDEX INDEX CONCURRENTLY public.fang_tasks_running; ").await;
    assert_eq!(ward.codes().await, [""; 0]);
    ward.run("DROP INDEX fang_tasks_unique").await;
    let found = ward.only("missing-index").await;
    ward.run(found.what_to_do.split_once(": ").unwrap().1).await;
    assert_eq!(ward.codes().await, [""; 0]);
    ward.run("DROP FUNCTION fang_new_id CASCADE; DROP TABLE fang_cancellations").await;
    let found = ward.findings().await;
    let missing: Vec<_> = found.iter().filter(|finding| finding.code == "missing-object").collect();
    assert_eq!(missing.len(), 2, "{found:?}");
    assert!(missing.iter().any(|finding| finding.what.contains("fang_new_id")), "{missing:?}");
}

/// It waits for transactions that write to the table.
#[tokio::test]
async fn an_index_that_is_being_built_is_no_finding() {
    let ward = Ward::open().await;
    let (writer, builder) = (ward.database.client().await.unwrap(), ward.database.client().await.unwrap());
    writer.batch_execute("BEGIN; DELETE FROM fang_tasks").await.unwrap();
    let build = tokio::spawn(async move {
        builder.batch_execute("CREATE INDEX CONCURRENTLY built ON fang_tasks (created_at)").await
    });
    let is_there =
        "SELECT count(*) FROM pg_class c JOIN pg_stat_progress_create_index p ON p.index_relid = c.oid
        WHERE c.relname = 'built'";
    // A transaction sees the progress of other sessions as it was at its first look, so the writer's would wait for ever.
    while ward.client.query_one(is_there, &[]).await.unwrap().get::<_, i64>(0) == 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ward.codes().await, [""; 0]);
    writer.batch_execute("COMMIT").await.unwrap();
    build.await.unwrap().unwrap();
    assert_eq!(ward.codes().await, [""; 0]);
}

#[tokio::test]
async fn rights_that_a_role_lacks_are_found_with_the_grants_that_help() {
    let ward = Ward::open().await;
    ward.run("REVOKE EXECUTE ON FUNCTION fang_session FROM PUBLIC").await;
    let role = ward.role("poor", |_| String::new()).await;
    let theirs = queue(&role.uri);
    let codes: Vec<_> = findings(&theirs).await.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["missing-rights", "not-checked"], "the version cannot be read");
    ward.run(&format!("GRANT SELECT ON fang_meta TO {}", role.name)).await;
    let found = findings(&theirs).await;
    let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["missing-rights", "not-checked", "not-checked"], "{found:#?}");
    let (rights, refused) = (&found[0], &found[1]);
    assert!(rights.what.contains("EXECUTE on fang_session()"), "{rights:?}");
    assert!(refused.what.contains("workers"), "{refused:?}");
    ward.run(rights.what_to_do.split_once(": ").unwrap().1).await;
    assert_eq!(findings(&theirs).await, []);
    drop(theirs);
    ward.drop_role(role).await;
}

#[tokio::test]
async fn functions_that_every_role_may_call_after_a_restore_are_found_with_the_revoke_that_helps() {
    let ward = Ward::open().await;
    ward.run("GRANT EXECUTE ON FUNCTION fang_insert, fang_insert_unique TO PUBLIC").await;
    let found = ward.findings().await;
    let codes: Vec<_> = found.iter().map(|finding| finding.code).collect();
    assert_eq!(codes, ["open-inserts"], "{found:#?}");
    assert!(found[0].what.contains("fang_insert_unique("), "{found:?}");
    ward.run(found[0].what_to_do.split_once(": ").unwrap().1).await;
    assert_eq!(ward.codes().await, [""; 0]);
}

/// The server leaves such a schema out of the search path without a word.
#[tokio::test]
async fn a_schema_of_the_search_path_that_a_role_may_not_use_is_found_with_the_grant_that_helps() {
    let ward = Ward::open().await;
    ward.run("CREATE SCHEMA \"it's, odd\"; REVOKE USAGE ON SCHEMA public FROM PUBLIC").await;
    let role = ward
        .role("poor", |role| format!("ALTER ROLE {role} SET search_path = \"$user\", \"it's, odd\", public"));
    let role = role.await;
    let theirs = queue(&role.uri);
    let found = findings(&theirs).await;
    assert_eq!(
        found.iter().map(|finding| finding.code).collect::<Vec<_>>(),
        ["missing-rights", "not-checked"],
        "{found:#?}"
    );
    let grant = format!("GRANT USAGE ON SCHEMA public TO {}", role.name);
    assert!(found[0].what_to_do.contains(&grant), "{found:?}");
    ward.run(&format!("{grant}; REVOKE USAGE ON SCHEMA public FROM {}", role.name)).await;
    ward.run(found[0].what_to_do.split_once(": ").unwrap().1).await;
    assert_ne!(findings(&theirs).await, found);
    drop(theirs);
    ward.drop_role(role).await;
}

#[tokio::test]
async fn autovacuum_that_is_off_for_a_table_is_found() {
    let ward = Ward::open().await;
    ward.run("ALTER TABLE fang_tasks SET (autovacuum_enabled = off)").await;
    let found = ward.only("autovacuum-off").await;
    ward.run(&found.what_to_do).await;
    assert_eq!(ward.codes().await, [""; 0]);
}

/// The rows of an insert that is rolled back are dead.
#[tokio::test]
async fn a_million_dead_rows_are_found() {
    let ward = Ward::open().await;
    ward.run(
        "CREATE EXTENSION IF NOT EXISTS plpgsql; ALTER TABLE fang_queues DROP CONSTRAINT fang_queues_pkey;
        ALTER TABLE fang_queues ALTER task_type DROP NOT NULL; BEGIN;
        INSERT INTO fang_queues (task_type) SELECT NULL FROM generate_series(1, 1100000); ROLLBACK",
    )
    .await;
    let found = crate::server::until(&ward, "dead-rows").await;
    assert!(found.what.contains("1100000 dead rows and 0 live ones; last vacuumed: never"), "{found:?}");
    let sizes = ward.queue.admin().unwrap().table_sizes().await.unwrap();
    let queues = sizes.iter().find(|table| table.name == "fang_queues").unwrap();
    assert_eq!((queues.dead_rows, queues.live_rows, queues.vacuumed), (1_100_000, 0, None));
    assert!(queues.bytes > 1_100_000 && sizes.iter().any(|table| table.name == "fang_tasks"), "{sizes:?}");
}

#[tokio::test]
async fn a_table_far_larger_than_its_rows_is_found() {
    let ward = Ward::open().await;
    ward.run("ALTER TABLE fang_queues DROP CONSTRAINT fang_queues_pkey; ALTER TABLE fang_queues ALTER task_type SET STORAGE PLAIN")
        .await;
    ward.run("INSERT INTO fang_queues (task_type) SELECT repeat('x', 8000) FROM generate_series(1, 34000)")
        .await;
    // The last row keeps the file as long as it is.
    ward.run("DELETE FROM fang_queues WHERE ctid < (SELECT max(ctid) FROM fang_queues)").await;
    ward.run("VACUUM ANALYZE fang_queues").await;
    let found = crate::server::until(&ward, "bloat").await;
    // An estimate: ANALYZE reads a sample of the pages, which may lack the last one.
    let rows = found.what.split_once("for some ").and_then(|(_, rest)| rest.strip_suffix(" rows"));
    assert!(rows.and_then(|rows| rows.parse::<u32>().ok()).is_some_and(|rows| rows < 10), "{found:?}");
}
