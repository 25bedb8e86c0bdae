-- Counts the tasks that wait, and those that are due, and tells since when the first is due, of the task type `$1`, or
-- of the first `$2` types that have any. Counting stops at `$3` tasks.
--
-- The ready index is led by the task type, so each step of the recursion jumps to the next type. The order of that index
-- keeps the server from reading the table instead.
WITH RECURSIVE waiting (place, task_type) AS (
    SELECT 1, coalesce($1::text, (
        SELECT t.task_type::text
        FROM fang_tasks t
        WHERE t.state IN ('new', 'retried')
        ORDER BY t.task_type
        LIMIT 1
    ))
    UNION ALL
    SELECT w.place + 1, (
        SELECT t.task_type::text
        FROM fang_tasks t
        WHERE t.state IN ('new', 'retried') AND t.task_type > w.task_type
        ORDER BY t.task_type
        LIMIT 1
    )
    FROM waiting w
    WHERE $1 IS NULL AND w.task_type IS NOT NULL AND w.place < $2::integer
)
SELECT w.task_type, (
    SELECT count(*)
    FROM (
        SELECT
        FROM fang_tasks t
        WHERE t.task_type = w.task_type AND t.state IN ('new', 'retried')
        ORDER BY t.mode, t.priority, t.scheduled_at
        LIMIT $3::bigint
    ) any_time
), (
    SELECT count(*)
    FROM (
        SELECT
        FROM unnest('{0,1,2}'::smallint[]) AS m (mode), unnest('{0,1,2,3}'::smallint[]) AS p (priority), LATERAL (
            SELECT
            FROM fang_tasks t
            WHERE t.task_type = w.task_type AND t.mode = m.mode AND t.priority = p.priority
              AND t.state IN ('new', 'retried') AND t.scheduled_at <= now()
            ORDER BY t.scheduled_at
            LIMIT $3
        ) of_a_range
        LIMIT $3
    ) due
), (
    SELECT extract(epoch FROM now() - min(first.scheduled_at))::float8
    FROM unnest('{0,1,2}'::smallint[]) AS m (mode), unnest('{0,1,2,3}'::smallint[]) AS p (priority), LATERAL (
        SELECT t.scheduled_at
        FROM fang_tasks t
        WHERE t.task_type = w.task_type AND t.mode = m.mode AND t.priority = p.priority
          AND t.state IN ('new', 'retried') AND t.scheduled_at <= now() AND isfinite(t.scheduled_at)
        ORDER BY t.scheduled_at
        LIMIT 1
    ) first
)
FROM waiting w
WHERE w.task_type IS NOT NULL
ORDER BY w.task_type
