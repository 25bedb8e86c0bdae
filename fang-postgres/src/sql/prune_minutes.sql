-- Removes minutes after 72 hours and hours after 180 days, and at once if a clock that was ahead has left them in the
-- future. Each of these is a range of the primary key: what stays is not read. The first $2 rows are left out: the server
-- refused to remove them.
DELETE FROM fang_minutes
WHERE ctid = ANY (ARRAY (
    SELECT outdated.ctid
    FROM (VALUES
        (false, '-infinity', now() - interval '72 hours'),
        (false, now() + interval '1 hour', 'infinity'),
        (true, '-infinity', now() - interval '180 days'),
        (true, now() + interval '1 hour', 'infinity')
    ) AS range (is_hour, after, until), LATERAL (
        SELECT m.ctid, m.is_hour, m.minute, m.is_kind, m.name
        FROM fang_minutes m
        WHERE m.is_hour = range.is_hour AND m.minute BETWEEN range.after AND range.until
        ORDER BY m.is_hour, m.minute, m.is_kind, m.name
        LIMIT $1::bigint + $2::bigint
    ) outdated
    ORDER BY outdated.is_hour, outdated.minute, outdated.is_kind, outdated.name
    LIMIT $1 OFFSET $2
))
