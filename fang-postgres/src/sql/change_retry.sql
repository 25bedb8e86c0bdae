-- Makes failed and waiting tasks due now, as `retry` does for one. Of several unique tasks with the same hash only one runs
-- again: one that waits, else the oldest. Each row is locked and checked again, since it may have changed after it was found.
--
-- The duplicate is looked up by a subquery that is no join. As a join it would read all unique tasks that wait, for each row. The
-- rows of $3 are left out: the server refused to change them.
WITH meant AS MATERIALIZED (
    SELECT id, uniq_hash, state
    FROM fang_tasks
    WHERE id = ANY ($1::uuid[]) AND updated_at <= $2::timestamptz AND state IN ('failed', 'new', 'retried')
      AND id <> ALL ($3::uuid[])
    ORDER BY id
    FOR UPDATE SKIP LOCKED
), free AS MATERIALIZED (
    SELECT id
    FROM (
        SELECT id, uniq_hash, row_number() OVER (PARTITION BY uniq_hash ORDER BY state = 'failed', id) AS place
        FROM meant
    ) m
    WHERE uniq_hash IS NULL OR place = 1 AND (
        SELECT true
        FROM fang_tasks other
        WHERE other.uniq_hash = m.uniq_hash AND other.uniq_hash IS NOT NULL AND other.id <> m.id
          AND other.state IN ('new', 'retried', 'in_progress')
        LIMIT 1
    ) IS NULL
), changed AS (
    UPDATE fang_tasks t
    SET state = 'retried', retries = CASE WHEN t.state = 'failed' THEN 0 ELSE t.retries END, crashes = 0,
        unknown_since = NULL, expires_at = NULL, keep_until = NULL, scheduled_at = now(), updated_at = now()
    WHERE t.id = ANY (ARRAY (SELECT id FROM free))
    RETURNING t.id, t.task_type
), wanted AS (
    DELETE FROM fang_cancellations WHERE task_id = ANY (ARRAY (SELECT id FROM changed))
)
SELECT count(*), coalesce(array_agg(DISTINCT task_type::text), '{}'), '{}'::bigint[] FROM changed
