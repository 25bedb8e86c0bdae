-- Removes workers an hour after their death, so that people can still see them, unless they still have claims. A worker whose
-- last counts are not gathered stays for a day. The lists of a worker are removed ten minutes after its death: by then rescues,
-- or workers that had locked a row of them, have dealt with them. Minutes are removed after 72 hours, and at once if a clock
-- that was ahead has left them in the future.
WITH gone AS (
    DELETE FROM fang_workers w
    WHERE w.dead_at < now() - interval '1 hour'
      AND (w.told IS NOT DISTINCT FROM w.gathered OR w.dead_at < now() - interval '1 day')
      AND NOT EXISTS (SELECT FROM fang_tasks t WHERE t.state = 'in_progress' AND t.locked_by = w.id)
    RETURNING w.id
), minutes AS (
    DELETE FROM fang_minutes
    WHERE minute < now() - interval '72 hours' OR minute > now() + interval '1 hour'
)
DELETE FROM fang_lock_claims
WHERE worker IN (SELECT id FROM gone UNION ALL SELECT id FROM fang_workers WHERE dead_at < now() - interval '10 minutes')
