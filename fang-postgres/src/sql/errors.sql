-- Groups the errors of failed tasks among up to 2,000 that ended, the last first from `$1` on, and among up to 2,000 that are
-- kept, the longest first from `$2` on. Twice as many took up to 36 ms where each text is another one. Nothing is looked at where the instant is null. Returns how many tasks these are, how
-- many of them failed, and where the next look begins. The last instant is left to that one if the limit may have cut it. If it
-- is the only one, `is_crowd` tells that some of its tasks are left out.
--
-- Only equal texts are grouped here; the caller leaves out the numbers. The order of the texts does not matter, and with that
-- of bytes they are compared much faster.
WITH seen AS MATERIALIZED (
    (
        SELECT 1 AS part, id, state, error_message, metadata->>'type' AS kind, task_type::text, updated_at, updated_at AS at
        FROM fang_tasks
        WHERE state IN ('finished', 'failed') AND keep_until IS NULL AND updated_at <= $1::timestamptz
        ORDER BY updated_at DESC
        LIMIT 2000
    )
    UNION ALL
    (
        SELECT 2, id, state, error_message, metadata->>'type', task_type::text, updated_at, keep_until
        FROM fang_tasks
        WHERE keep_until IS NOT NULL AND keep_until <= $2::timestamptz
        ORDER BY keep_until DESC
        LIMIT 2000
    )
), bounds AS MATERIALIZED (
    SELECT part, count(*) >= 2000 AS is_cut, min(at) AS last, count(*) >= 2000 AND min(at) = max(at) AS is_crowd
    FROM seen
    GROUP BY part
), looked AS MATERIALIZED (
    SELECT seen.*
    FROM bounds, seen
    WHERE seen.part = bounds.part AND (seen.at > bounds.last OR NOT bounds.is_cut OR bounds.is_crowd)
), failed AS (
    SELECT id, kind COLLATE "C" AS kind, task_type COLLATE "C" AS task_type, updated_at,
        split_part(ltrim(left(error_message, 500), concat(' ', chr(9), chr(10), chr(13))), chr(10), 1) COLLATE "C" AS error
    FROM looked
    WHERE state = 'failed'
), found AS (
    SELECT coalesce(kind, '') AS kind, coalesce(error, '') AS error, task_type, count(*) AS tasks,
        min(updated_at) AS first_at, max(updated_at) AS last_at, (array_agg(id))[1] AS example
    FROM failed
    GROUP BY kind, error, task_type
)
SELECT (SELECT count(*) FROM looked) AS looked, (SELECT count(*) FROM failed) AS failed,
    (SELECT last FROM bounds WHERE part = 1 AND is_cut) AS next_ended,
    (SELECT last FROM bounds WHERE part = 2 AND is_cut) AS next_kept,
    coalesce((SELECT is_crowd FROM bounds WHERE part = 1), false) AS is_crowd_of_ended,
    coalesce((SELECT is_crowd FROM bounds WHERE part = 2), false) AS is_crowd_of_kept,
    found.kind, found.error, found.task_type, found.tasks, found.first_at, found.last_at, found.example
FROM (SELECT) one
LEFT JOIN found ON true
