-- A list can outlast its pool's interest in it: the pool could not write it in time, or not take it back. Others would
-- make claims of it for a worker that does not run its tasks. So a worker in doubt takes back the lists of which it does
-- not know each task. Only those of aborted transactions, as in `fang_listed`: while one is open nobody reads its list,
-- and once it is committed its list does not count.
DELETE FROM fang_lock_claims h
WHERE h.worker = $1
  AND h.transaction >= CASE
    WHEN $4::bigint::text::xid8 > pg_snapshot_xmax(pg_current_snapshot()) THEN '0'::xid8 ELSE $4::bigint::text::xid8
  END
  AND coalesce(
    CASE WHEN h.transaction < pg_snapshot_xmax(pg_current_snapshot()) THEN pg_xact_status(h.transaction) END, 'aborted'
  ) = 'aborted'
  AND EXISTS (
    SELECT id, lease FROM unnest(h.ids, h.leases) AS listed (id, lease)
    EXCEPT
    SELECT id, lease FROM unnest($2::uuid[], $3::integer[]) AS known (id, lease)
  )
