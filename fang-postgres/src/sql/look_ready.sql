-- Looks at up to 4,000 waiting tasks of a type, a mode and a priority, the next due first, as `look_ended` does for tasks
-- that have ended.
WITH seen AS MATERIALIZED (
    SELECT *
    FROM (
        SELECT id, scheduled_at AS at, pg_column_size(metadata)::bigint AS bytes, /* matches */ AS matches
        FROM fang_tasks
        WHERE task_type = $1 AND mode = $15::smallint AND priority = $16::smallint AND state IN ('new', 'retried')
          AND scheduled_at >= $11::timestamptz
        ORDER BY scheduled_at
        LIMIT 4000
    ) bounded
    LIMIT $12::bigint
), bounds AS MATERIALIZED (
    SELECT count(*) AS looked, min(at) AS first, max(at) AS last FROM seen
)
SELECT found.id, found.at, found.bytes, bounds.looked, bounds.first, bounds.last
FROM bounds
LEFT JOIN LATERAL (
    SELECT id, at, bytes
    FROM seen
    WHERE matches AND (bounds.looked < $12 OR at <> bounds.last) AND ($14::uuid IS NULL OR at <> $11 OR id < $14)
    ORDER BY at, id DESC
    LIMIT $13::bigint
) found ON true
ORDER BY found.at, found.id DESC
