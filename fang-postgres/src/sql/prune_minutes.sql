-- Removes minutes after 72 hours and hours after 180 days, and at once if a clock that was ahead has left them in the
-- future. Each of these is a range of the primary key: what stays is not read. The first $2 rows are left out: the server
-- refused to remove them.
DELETE FROM fang_minutes
WHERE ctid = ANY (ARRAY (
    SELECT place
    FROM (
        (SELECT ctid, is_hour, minute, is_kind, name FROM fang_minutes
        WHERE NOT is_hour AND minute < now() - interval '72 hours'
        ORDER BY is_hour, minute, is_kind, name LIMIT $1::bigint + $2::bigint)
        UNION ALL
        (SELECT ctid, is_hour, minute, is_kind, name FROM fang_minutes
        WHERE NOT is_hour AND minute > now() + interval '1 hour'
        ORDER BY is_hour, minute, is_kind, name LIMIT $1::bigint + $2::bigint)
        UNION ALL
        (SELECT ctid, is_hour, minute, is_kind, name FROM fang_minutes
        WHERE is_hour AND minute < now() - interval '180 days'
        ORDER BY is_hour, minute, is_kind, name LIMIT $1::bigint + $2::bigint)
        UNION ALL
        (SELECT ctid, is_hour, minute, is_kind, name FROM fang_minutes
        WHERE is_hour AND minute > now() + interval '1 hour'
        ORDER BY is_hour, minute, is_kind, name LIMIT $1::bigint + $2::bigint)
    ) outdated (place, is_hour, minute, is_kind, name)
    ORDER BY is_hour, minute, is_kind, name
    LIMIT $1 OFFSET $2
))
