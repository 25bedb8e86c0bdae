-- Returns the first transaction from $1 on that has a list, the oldest open transaction, and the next one to come.
-- If $1 has yet to come here, it was a transaction of another server, and the search begins at zero.
SELECT (
    SELECT h.transaction
    FROM fang_lock_claims h
    WHERE h.transaction >= CASE WHEN $1::bigint::text::xid8 > to_come THEN '0'::xid8 ELSE $1::bigint::text::xid8 END
    ORDER BY h.transaction
    LIMIT 1
)::text::bigint, open::text::bigint, to_come::text::bigint
FROM (
    SELECT pg_snapshot_xmin(pg_current_snapshot()) AS open, pg_snapshot_xmax(pg_current_snapshot()) AS to_come
) now
