-- Tells which task types have tasks that a pool of the mode $2 could claim: `due_in` is 0 for a type with tasks that are
-- due, else the seconds until its first task becomes due, if that is within $3 microseconds. It begins with the type $1, and
-- looks at $4 scan ranges. A row without `due_in` is the last type that it looked at, if there may be more; the next look
-- begins there.
--
-- The ready index is led by the columns of a scan range, and within a range the first entry is the one that becomes due
-- first. So each step of the recursion jumps to the next range and reads one entry of it, however many tasks there are.
-- Once a type has a task that is due, its other ranges are passed over. Types without waiting tasks cost nothing.
--
-- A type that is paused has nothing to claim. A task that another claim has locked counts as one that waits.
WITH RECURSIVE range (place, task_type, mode, priority, scheduled_at, is_due) AS (
    SELECT 1, first.*
    FROM (
        SELECT t.task_type, t.mode, t.priority, t.scheduled_at,
            t.mode IN (0, $2::smallint) AND t.scheduled_at <= now() AS is_due
        FROM fang_tasks t
        WHERE t.state IN ('new', 'retried')
          AND (t.task_type, t.mode, t.priority) > ($1::text, -1::smallint, -1::smallint)
        ORDER BY t.task_type, t.mode, t.priority, t.scheduled_at
        LIMIT 1
    ) first
    UNION ALL
    SELECT r.place + 1, next.*
    FROM range r, LATERAL (
        SELECT t.task_type, t.mode, t.priority, t.scheduled_at,
            t.mode IN (0, $2::smallint) AND t.scheduled_at <= now() AS is_due
        FROM fang_tasks t
        WHERE t.state IN ('new', 'retried')
          AND (t.task_type, t.mode, t.priority)
            > (r.task_type, CASE WHEN r.is_due THEN 32767::smallint ELSE r.mode END, r.priority)
        ORDER BY t.task_type, t.mode, t.priority, t.scheduled_at
        LIMIT 1
    ) next
    WHERE r.place < $4::integer
)
SELECT r.task_type, CASE WHEN r.is_due THEN 0 ELSE
        greatest(extract(epoch FROM r.scheduled_at - clock_timestamp()), 0) END::float8 AS due_in
FROM range r
WHERE r.mode IN (0, $2) AND r.scheduled_at <= now() + $3::bigint * interval '1 microsecond'
  AND NOT EXISTS (SELECT FROM fang_queues q WHERE q.task_type = r.task_type AND q.paused_at IS NOT NULL)
UNION ALL
SELECT r.task_type, NULL FROM range r WHERE r.place = $4
