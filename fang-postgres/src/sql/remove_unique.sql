-- Removes the task with this hash that waits or runs, or the one of this period, and ends the period. The row is
-- found by id and checked again under its lock.
WITH ended AS (
    DELETE FROM fang_unique WHERE key = $2 RETURNING task_id
)
DELETE FROM fang_tasks t
USING (
    SELECT id, false AS by_period
    FROM fang_tasks
    WHERE uniq_hash = $1 AND uniq_hash IS NOT NULL AND state IN ('new', 'retried', 'in_progress')
    UNION ALL
    SELECT task_id, true
    FROM ended
) gone
WHERE t.id = gone.id AND t.state IN ('new', 'retried', 'in_progress') AND (gone.by_period OR t.uniq_hash = $1)
