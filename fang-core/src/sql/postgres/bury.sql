-- Death is a fact that is written down: a worker that wakes up later finds it. While the server has
-- been up for less than a lease, everybody was silent, so nobody is dead.
UPDATE fang_workers
SET dead_at = now()
WHERE dead_at IS NULL
  AND beat_at < now() - $1::bigint * interval '1 microsecond'
  AND pg_postmaster_start_time() < now() - $1::bigint * interval '1 microsecond'
