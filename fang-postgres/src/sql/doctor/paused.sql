-- Task types that have been paused for over a day and have tasks that are due. One entry of the ready index is read for each
-- mode and priority, of the thousand types that have been paused the longest.
SELECT q.task_type::text, extract(epoch FROM now() - q.paused_at)::float8 AS seconds
FROM (
    SELECT task_type, paused_at FROM fang_queues WHERE paused_at < now() - interval '1 day' ORDER BY paused_at LIMIT 1000
) q
WHERE EXISTS (
    SELECT
    FROM unnest('{0,1,2}'::smallint[]) AS m (mode), unnest('{0,1,2,3}'::smallint[]) AS p (priority), LATERAL (
        SELECT
        FROM fang_tasks t
        WHERE t.task_type = q.task_type AND t.mode = m.mode AND t.priority = p.priority
          AND t.state IN ('new', 'retried') AND t.scheduled_at <= now()
        ORDER BY t.scheduled_at
        LIMIT 1
    ) due
)
ORDER BY q.paused_at
LIMIT 20
