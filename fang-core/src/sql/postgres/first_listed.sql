-- From which transaction on something may be listed: nothing was before $1, and what will be is listed under a
-- transaction that is open now, or has yet to begin. One that has ended is none: whoever lists under it finds its
-- connection gone, and runs nothing.
SELECT least(
    (SELECT holder FROM fang_holds WHERE holder >= $1::bigint::text::xid8 ORDER BY holder LIMIT 1),
    pg_snapshot_xmin(pg_current_snapshot())
)::text::bigint
