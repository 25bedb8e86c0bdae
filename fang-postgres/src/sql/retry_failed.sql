-- Retries a bounded batch of failed tasks. The order of ids makes sure that a task which fails again meanwhile does
-- not come twice. If several unique tasks have the same hash, only the oldest runs again.
WITH seen AS MATERIALIZED (
    SELECT id, uniq_hash
    FROM fang_tasks
    WHERE state = 'failed'
      AND ($1::text IS NULL OR task_type = $1)
      AND ($2::text IS NULL OR metadata->>'type' = $2)
      AND ($3::uuid IS NULL OR id > $3)
    ORDER BY id
    LIMIT $4
), oldest AS MATERIALIZED (
    SELECT DISTINCT ON (coalesce(uniq_hash::text, id::text)) id
    FROM seen
    ORDER BY coalesce(uniq_hash::text, id::text), id
), retried AS (
    UPDATE fang_tasks t
    SET state = 'retried', retries = 0, crashes = 0, unknown_since = NULL, expires_at = NULL, keep_until = NULL,
        scheduled_at = now(), updated_at = now()
    FROM oldest o
    WHERE t.id = o.id AND t.state = 'failed'
      AND NOT EXISTS (
        SELECT FROM fang_tasks other
        WHERE other.uniq_hash = t.uniq_hash AND other.uniq_hash IS NOT NULL AND other.id <> t.id
          AND other.state IN ('new', 'retried', 'in_progress')
      )
    RETURNING t.id, t.task_type
), wanted AS (
    DELETE FROM fang_cancellations WHERE task_id IN (SELECT id FROM retried)
)
SELECT (SELECT count(*) FROM retried) AS tasks,
    (SELECT id FROM seen ORDER BY id OFFSET $4 - 1 LIMIT 1) AS next,
    coalesce((SELECT array_agg(DISTINCT task_type::text) FROM retried), '{}') AS task_types
