-- The first transaction from $1 on under which something is listed, the oldest that is open, and the next to come. A known
-- one that has yet to come was that of another server.
SELECT (
    SELECT h.holder
    FROM fang_holds h
    WHERE h.holder >= CASE WHEN $1::bigint::text::xid8 > to_come THEN '0'::xid8 ELSE $1::bigint::text::xid8 END
    ORDER BY h.holder
    LIMIT 1
)::text::bigint, open::text::bigint, to_come::text::bigint
FROM (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS open, pg_snapshot_xmax(pg_current_snapshot()) AS to_come
) now
