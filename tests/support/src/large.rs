//! Fills the tables with many tasks of all sorts, and with what many pools have counted.

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
        'type' || n % 37, now() + (n % 7200 - 3600) * interval '1 s', now() - ($1 - n) * interval '0.1 s',
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
    )";

/// Fills `fang_tasks` with so many tasks of all sorts.
///
/// # Errors
/// When the server refuses.
pub async fn fill(client: &Client, tasks: i64) -> Result<(), Error> {
    client.execute(FILL, &[&tasks]).await?;
    client.batch_execute(CHANGE).await?;
    // The first look that meets a dead version of a row reads it, and later ones do not.
    client.batch_execute("VACUUM ANALYZE fang_tasks").await
}

/// What pools have counted in up to 72 h and up to 6 months: the minutes of as many task types as kinds, and the hours of many task
/// types that share few kinds.
const MINUTES: &str = r#"
    INSERT INTO fang_minutes (is_hour, minute, is_kind, name, counts)
    SELECT is_hour, at, is_kind, (CASE WHEN is_kind THEN 'Kind' ELSE 'type' END) || n,
        jsonb_build_object('started', 900 + n, 'finished', 890, 'retried', 9, 'failed', 1, 'us', 123456789, 'wus', 12345678,
            'b' || n % 30, 30, 'b31', 400, 'b32', 300, 'b33', 100, 'b34', 70, 'w20', 500, 'w21', 300, 'w22', 100)
    FROM (VALUES (false, 'minute', interval '1 minute'), (true, 'hour', '1 hour')) AS sorts (is_hour, unit, span),
        generate_series(0, least($1::bigint / 100, 4320) - 1) ago,
        LATERAL (SELECT date_trunc(unit, now(), 'UTC') - ago * span AS at) instant,
        (VALUES (false), (true)) AS sides (is_kind),
        LATERAL (SELECT CASE WHEN NOT is_hour THEN 100 WHEN is_kind THEN 5 ELSE 300 END AS at_most) names,
        generate_series(1, least(greatest($1 / 50000, 5), at_most)) n"#;

/// A thousand pools of ten programs. Each lists a hundred task types, and has told some 14 KB of counts.
const WORKERS: &str = r#"
    INSERT INTO fang_workers (info, session, workers, busy, is_quiet, told, gathered)
    SELECT jsonb_build_object('host', 'host' || n, 'pid', n, 'version', '1.0.0', 'mode', 'asynk', 'workers', 10,
            'lease_ms', 30000, 'task_types', (
                SELECT jsonb_agg('customer ' || lpad(t::text, 6, '0')) FROM generate_series(n % 10 * 100, n % 10 * 100 + 99) t
            )), n || ' 1700000000', 10, 5, false, told, told
    FROM generate_series(1, 1000) n, LATERAL (
        SELECT jsonb_build_object('types', jsonb_object_agg('customer ' || lpad((n + t)::text, 6, '0'), tally),
            'kinds', jsonb_object_agg('Kind' || t, tally)) AS told
        FROM generate_series(1, 35) t, LATERAL (
            SELECT jsonb_build_object('started', 900 + n, 'finished', 890, 'retried', 9, 'failed', 1, 'us', 123456789,
                'wus', 12345678, 'b' || t % 30, 30, 'b31', 400, 'b32', 300, 'b33', 100, 'b34', 70, 'w20', 500, 'w21', 300,
                'w22', 100) AS tally
        ) one
    ) counts"#;

const REST: &str = r#"
    INSERT INTO fang_queues (task_type, paused_at)
    SELECT 'paused ' || n, now() - interval '2 days' FROM generate_series(1, 1000) n;
    INSERT INTO fang_crons (name, pattern, time_zone, missed, metadata, task_type, mode, priority, last_tick, task_id)
    SELECT 'cron ' || n, '0 * * * *', 'UTC', 'skip', '{"type": "Kind1"}', 'type1', 1, 0, now(), gen_random_uuid()
    FROM generate_series(1, 1000) n;
    ANALYZE fang_minutes, fang_workers, fang_queues, fang_crons"#;

/// Fills the other tables for a fleet of a thousand pools that works on so many tasks.
///
/// # Errors
/// When the server refuses.
pub async fn fill_fleet(client: &Client, tasks: i64) -> Result<(), Error> {
    client.execute(MINUTES, &[&tasks]).await?;
    client.execute(WORKERS, &[]).await?;
    client.batch_execute(REST).await
}
