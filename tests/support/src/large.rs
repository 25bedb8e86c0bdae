//! Fills a table with many tasks of all sorts.

use tokio_postgres::{Client, Error};

/// Ten tasks of a second: three wait, three have failed, four have finished; some are kept for a time of their own, a fifth
/// has tags, and a payload has about 300 bytes. Ids grow with time, as those that fang makes.
const FILL: &str = "
    INSERT INTO fang_tasks (id, metadata, error_message, state, task_type, scheduled_at, created_at, updated_at, mode,
        priority, options, keep_until)
    SELECT (lpad(to_hex(1700000000000 + n / 10), 12, '0') || '7' || lpad(to_hex(n * 7919 % 4096), 3, '0') || '8'
            || left(md5(n::text), 15))::uuid,
        jsonb_build_object('type', 'Kind' || n % 20, 'user', jsonb_build_object('id', n % 1000),
            'text', repeat(md5(n::text), 8)),
        CASE WHEN n % 10 IN (3, 4, 5) THEN 'connection ' || n || ' refused by host 10.0.0.' || n % 256 END,
        (CASE WHEN n % 10 < 3 THEN 'new' WHEN n % 10 < 6 THEN 'failed' ELSE 'finished' END)::fang_task_state,
        'type' || n % 7, now() + (n % 7200 - 3600) * interval '1 s', now() - ($1 - n) * interval '0.1 s',
        now() - ($1 - n) * interval '0.1 s' + n % 1000 * interval '1 s', 1 + n % 2, n % 4,
        CASE WHEN n % 5 = 0 THEN jsonb_build_object('tags', jsonb_build_array('tag' || n % 100)) END,
        CASE WHEN n % 10 IN (5, 9) AND n % 3 = 0 THEN now() + n % 100000 * interval '1 min' END
    FROM generate_series(1, $1::bigint) n";

/// A claimed task a thousand, and as many tasks that one statement ended, which have one instant.
const CHANGE: &str = "
    UPDATE fang_tasks SET state = 'in_progress', locked_by = 1
    WHERE id IN (SELECT id FROM fang_tasks WHERE state = 'new' LIMIT (SELECT count(*) / 1000 FROM fang_tasks));
    UPDATE fang_tasks SET updated_at = now()
    WHERE id IN (
        SELECT id FROM fang_tasks WHERE state = 'failed' AND keep_until IS NULL
        LIMIT (SELECT count(*) / 100 FROM fang_tasks)
    );
    ANALYZE fang_tasks";

/// Fills `fang_tasks` with so many tasks of all sorts.
///
/// # Errors
/// When the server refuses.
pub async fn fill(client: &Client, tasks: i64) -> Result<(), Error> {
    client.execute(FILL, &[&tasks]).await?;
    client.batch_execute(CHANGE).await
}
