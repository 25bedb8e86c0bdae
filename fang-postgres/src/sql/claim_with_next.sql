-- `claim`, which also tells in how many seconds the next task of its scan ranges becomes due, if it took less than its
-- limit and that is within $8 microseconds. Each range is read up to its first row of the future, so thousands of
-- later tasks cost nothing. A task that is due and was not taken does not count, so no pool is told to look for it again
-- at once: it may be locked by another claim, or before the floor. The clock is read last, so a claim after that time
-- finds the task.
--
-- A statement apart from `claim`, because its tasks pass through memory once more, which a pool with much to do would
-- pay for nothing.
WITH claimed AS (
/* claim */
)
SELECT claimed.*, NULL::float8 AS next_in FROM claimed
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, false,
    greatest(extract(epoch FROM min(next.scheduled_at) - clock_timestamp()), 0)::float8
FROM unnest($3::smallint[], $4::smallint[]) AS scan_range (mode, priority),
    LATERAL (
        SELECT t.scheduled_at
        FROM fang_tasks t
        WHERE t.task_type = $2 AND t.mode = scan_range.mode AND t.priority = scan_range.priority
          AND t.state IN ('new', 'retried')
          AND t.scheduled_at > now() AND t.scheduled_at <= now() + $8::bigint * interval '1 microsecond'
        ORDER BY t.scheduled_at
        LIMIT 1
    ) next
WHERE (SELECT count(*) FROM claimed) < $6
  AND EXISTS (SELECT FROM fang_workers w WHERE w.id = $1 AND w.dead_at IS NULL)
  AND NOT EXISTS (SELECT FROM fang_queues q WHERE q.task_type = $2 AND q.paused_at IS NOT NULL)
HAVING count(*) > 0
