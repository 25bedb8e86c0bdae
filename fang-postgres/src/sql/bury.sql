-- Declares silent workers dead. Their death is written down, so that a worker that goes on later learns of it. The
-- statement does nothing while the server has been up for less than a lease, since no worker could beat before. It
-- also does nothing when the asking worker was itself silent for half a lease: the statement may have hung through
-- an outage.
UPDATE fang_workers
SET dead_at = now()
WHERE dead_at IS NULL
  AND beat_at < now() - $1::bigint * interval '1 microsecond'
  AND (
    pg_postmaster_start_time() < now() - $1::bigint * interval '1 microsecond'
    -- It started while its clock was ahead.
    OR pg_postmaster_start_time() > now() + $1::bigint * interval '1 microsecond'
  )
  AND ($2::bigint IS NULL OR EXISTS (
    SELECT FROM fang_workers me
    WHERE me.id = $2 AND me.beat_at >= now() - $1::bigint / 2 * interval '1 microsecond'
  ))
