-- Looks at up to 4,000 tasks that have ended, the last ended first, and returns those that match, and how far it looked.
-- These rows are all over the table, so a look at one takes longer than in the order of ids.
--
-- The index gives the order of the instants alone. So all tasks of an instant are looked at together and sorted by id: the
-- last instant is left out if the limit may have cut it. If that is the only one, the caller walks along the ids instead.
WITH seen AS MATERIALIZED (
    SELECT *
    FROM (
        SELECT id, updated_at AS at, pg_column_size(metadata)::bigint AS bytes, /* matches */ AS matches
        FROM fang_tasks
        WHERE state IN ('finished', 'failed') AND keep_until IS NULL AND updated_at <= $12::timestamptz
        ORDER BY updated_at DESC
        LIMIT 4000
    ) bounded
    /* found */
