-- Looks at up to 4,000 tasks that have ended and are kept, as `look_ended` does for the others.
WITH seen AS MATERIALIZED (
    SELECT *
    FROM (
        SELECT id, keep_until AS at, pg_column_size(metadata)::bigint AS bytes, /* matches */ AS matches
        FROM fang_tasks
        WHERE keep_until IS NOT NULL AND keep_until <= $12::timestamptz
        ORDER BY keep_until DESC
        LIMIT 4000
    ) bounded
    /* found */
