-- Kinds of tasks that no program has known for over a minute. No index has them. But such a task is tried again at a random
-- instant within five minutes, so those of any number are spread over the minutes ahead, and over the end of what is due if the
-- pools are behind. Samples of these are looked at, so that a crowd of other tasks at one instant hides none: of `$2` task types,
-- from `$1` on, each mode and priority, the 50 tasks that became due last, and the first 10 of each half minute of the next six.
-- That are 2,040 of a task type at most, if all these ranges are full. A few tasks among many others may be missed.
--
-- Each row tells with which task type the next look begins. There is one without a kind if none was found.
WITH RECURSIVE types (place, task_type) AS (
    SELECT 1, (
        SELECT t.task_type::text
        FROM fang_tasks t
        WHERE t.state IN ('new', 'retried') AND t.task_type >= $1::text
        ORDER BY t.task_type
        LIMIT 1
    )
    UNION ALL
    SELECT w.place + 1, (
        SELECT t.task_type::text
        FROM fang_tasks t
        WHERE t.state IN ('new', 'retried') AND t.task_type > w.task_type
        ORDER BY t.task_type
        LIMIT 1
    )
    FROM types w
    WHERE w.task_type IS NOT NULL AND w.place <= $2::integer
), unknown AS (
    SELECT found.kind, count(*) AS tasks, max(extract(epoch FROM now() - found.unknown_since))::float8 AS seconds,
        min(found.id::text) AS example
    FROM types, unnest('{0,1,2}'::smallint[]) AS m (mode), unnest('{0,1,2,3}'::smallint[]) AS p (priority), LATERAL (
        (
            SELECT t.id, CASE WHEN t.unknown_since IS NOT NULL THEN t.metadata->>'type' END AS kind, t.unknown_since
            FROM fang_tasks t
            WHERE t.task_type = types.task_type AND t.mode = m.mode AND t.priority = p.priority
              AND t.state IN ('new', 'retried') AND t.scheduled_at < now()
            ORDER BY t.scheduled_at DESC
            LIMIT 50
        )
        UNION ALL
        SELECT ahead.id, ahead.kind, ahead.unknown_since
        FROM generate_series(0, 11) AS half (place), LATERAL (
            SELECT t.id, CASE WHEN t.unknown_since IS NOT NULL THEN t.metadata->>'type' END AS kind, t.unknown_since
            FROM fang_tasks t
            WHERE t.task_type = types.task_type AND t.mode = m.mode AND t.priority = p.priority
              AND t.state IN ('new', 'retried')
              AND t.scheduled_at >= now() + half.place * interval '30 seconds'
              AND t.scheduled_at < now() + (half.place + 1) * interval '30 seconds'
            ORDER BY t.scheduled_at
            LIMIT 10
        ) ahead
    ) found
    WHERE types.place <= $2 AND found.unknown_since < now() - interval '1 minute'
    GROUP BY found.kind
)
SELECT (SELECT task_type FROM types WHERE place > $2) AS next, unknown.kind, unknown.tasks, unknown.seconds, unknown.example
FROM (SELECT) one
LEFT JOIN unknown ON true
