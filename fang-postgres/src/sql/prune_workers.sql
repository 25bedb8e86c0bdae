-- The dead are remembered for an hour, for whoever looks, and for as long as they hold a task. What they had listed
-- was dealt with by the first rescues after their death, or by those who had locked a row of it then.
WITH gone AS (
    DELETE FROM fang_workers w
    WHERE w.dead_at < now() - interval '1 hour'
      AND NOT EXISTS (SELECT FROM fang_tasks t WHERE t.state = 'in_progress' AND t.locked_by = w.id)
    RETURNING w.id
)
DELETE FROM fang_holds
WHERE worker IN (SELECT id FROM gone UNION ALL SELECT id FROM fang_workers WHERE dead_at < now() - interval '10 minutes')
