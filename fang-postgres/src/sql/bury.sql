-- Declares silent workers dead. Their death is written down, so that a worker that goes on later learns of it. The
-- statement does nothing while the server has been up for less than a lease, since no worker could beat before. It
-- also does nothing when the asking worker was itself silent for half a lease: the statement may have hung through
-- an outage.
--
-- A worker whose advisory lock is free has lost its session. It is dead after a third of a lease, at least 3 s,
-- if the session of the asking worker is that old as well: a process that lost only its connection has had the time
-- to come back.
UPDATE fang_workers
SET dead_at = now()
WHERE dead_at IS NULL
  AND beat_at < now() - least($1::bigint, greatest($1::bigint / 3, 3000000)) * interval '1 microsecond'
  AND (
    beat_at < now() - $1::bigint * interval '1 microsecond'
    OR session IS NOT NULL
    AND EXISTS (
        SELECT FROM fang_workers me
        WHERE me.id = $2 AND me.session = fang_session()
          AND (SELECT backend_start FROM pg_stat_get_activity(pg_backend_pid()))
            < now() - greatest($1::bigint / 3, 3000000) * interval '1 microsecond'
    )
    AND NOT EXISTS (
        SELECT FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.objsubid = 1
          AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND (l.classid::bigint << 32 | l.objid::bigint) = fang_worker_lock(fang_workers.tableoid, fang_workers.id)
    )
  )
  AND (
    pg_postmaster_start_time() < now() - $1::bigint * interval '1 microsecond'
    -- It started while its clock was ahead.
    OR pg_postmaster_start_time() > now() + $1::bigint * interval '1 microsecond'
  )
  AND ($2::bigint IS NULL OR EXISTS (
    SELECT FROM fang_workers me
    WHERE me.id = $2 AND me.beat_at >= now() - $1::bigint / 2 * interval '1 microsecond'
  ))
