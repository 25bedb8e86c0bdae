-- Counts the tasks that wait, and those that are due, and tells since when the first is due, of the task type `$1`, or
-- of the first `$2` types that have any. Counting stops at `$3` tasks of a type, or earlier if there are many types: at an
-- equal share of `$4`, so that the time is bounded however deep how many types are. Due tasks are counted first, and then
-- those that are due later. Each tells what it can from one walk: a busy queue leaves dead entries at the front of the index,
-- which every walk passes until a vacuum removes them.
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
), types AS (
    SELECT task_type, greatest(51, least($3::bigint, $4::bigint / count(*) OVER ())) AS share
    FROM waiting
    WHERE task_type IS NOT NULL
)
SELECT w.task_type, due.tasks, due.tasks + (
    SELECT count(*)
    FROM (
        SELECT
        FROM unnest('{0,1,2}'::smallint[]) AS m (mode), unnest('{0,1,2,3}'::smallint[]) AS p (priority), LATERAL (
            SELECT
            FROM fang_tasks t
            WHERE t.task_type = w.task_type AND t.mode = m.mode AND t.priority = p.priority
              AND t.state IN ('new', 'retried') AND t.scheduled_at > now()
            ORDER BY t.scheduled_at
            LIMIT w.share - due.tasks
        ) of_a_range
        LIMIT w.share - due.tasks
    ) later
) AS waiting, extract(epoch FROM now() - CASE WHEN due.tasks < w.share THEN due.oldest ELSE (
    SELECT min(first.scheduled_at)
    FROM unnest('{0,1,2}'::smallint[]) AS m (mode), unnest('{0,1,2,3}'::smallint[]) AS p (priority), LATERAL (
        SELECT t.scheduled_at
        FROM fang_tasks t
        WHERE t.task_type = w.task_type AND t.mode = m.mode AND t.priority = p.priority
          AND t.state IN ('new', 'retried') AND t.scheduled_at <= now() AND isfinite(t.scheduled_at)
        ORDER BY t.scheduled_at
        LIMIT 1
    ) first
) END)::float8 AS oldest_due, w.share
FROM types w, LATERAL (
    SELECT count(*) AS tasks, min(scheduled_at) FILTER (WHERE isfinite(scheduled_at)) AS oldest
    FROM (
        SELECT of_a_range.scheduled_at
        FROM unnest('{0,1,2}'::smallint[]) AS m (mode), unnest('{0,1,2,3}'::smallint[]) AS p (priority), LATERAL (
            SELECT t.scheduled_at
            FROM fang_tasks t
            WHERE t.task_type = w.task_type AND t.mode = m.mode AND t.priority = p.priority
              AND t.state IN ('new', 'retried') AND t.scheduled_at <= now()
            ORDER BY t.scheduled_at
            LIMIT w.share
        ) of_a_range
        LIMIT w.share
    ) first_ones
) due
ORDER BY w.task_type
