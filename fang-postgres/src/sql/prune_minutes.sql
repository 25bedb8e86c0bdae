-- Removes minutes after 72 hours and hours after 180 days, and at once if a clock that was ahead has left them in the
-- future. The first $2 rows are
-- left out: the server refused to remove them.
DELETE FROM fang_minutes
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM fang_minutes
    WHERE NOT is_hour AND minute < now() - interval '72 hours'
       OR NOT is_hour AND minute > now() + interval '1 hour'
       OR is_hour AND minute < now() - interval '180 days'
       OR is_hour AND minute > now() + interval '1 hour'
    ORDER BY is_hour, minute, is_kind, name
    LIMIT $1 OFFSET $2
))
