-- Removes workers an hour after their death, so that people can still see them, unless they still have claims. Their
-- lists go ten minutes after their death: by then rescues, or workers that had locked a row of them, have dealt with
-- them.
WITH gone AS (
    DELETE FROM fang_workers w
    WHERE w.dead_at < now() - interval '1 hour'
      AND NOT EXISTS (SELECT FROM fang_tasks t WHERE t.state = 'in_progress' AND t.locked_by = w.id)
    RETURNING w.id
)
DELETE FROM fang_lock_claims
WHERE worker IN (SELECT id FROM gone UNION ALL SELECT id FROM fang_workers WHERE dead_at < now() - interval '10 minutes')
