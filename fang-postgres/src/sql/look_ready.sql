-- Looks at up to 4,000 waiting tasks of a type, a mode and a priority, the next due first, as `look_ended` does for tasks
-- that have ended.
WITH seen AS MATERIALIZED (
    SELECT *
    FROM (
        SELECT id, scheduled_at AS at, pg_column_size(metadata)::bigint AS bytes, /* matches */ AS matches
        FROM fang_tasks
        WHERE task_type = $1 AND mode = $16::smallint AND priority = $17::smallint AND state IN ('new', 'retried')
          AND scheduled_at >= $12::timestamptz
        ORDER BY scheduled_at
        LIMIT 4000
    ) bounded
    LIMIT $13::bigint
), bounds AS MATERIALIZED (
    SELECT count(*) AS looked, min(at) AS first, max(at) AS last FROM seen
)
SELECT found.id, found.at, found.bytes, bounds.looked, bounds.first, bounds.last
FROM bounds
LEFT JOIN LATERAL (
    SELECT id, at, bytes
    FROM seen
    WHERE matches AND (bounds.looked < $13 OR at <> bounds.last) AND ($15::uuid IS NULL OR at <> $12 OR id < $15)
    ORDER BY at, id DESC
    LIMIT $14::bigint
) found ON true
ORDER BY found.at, found.id DESC
