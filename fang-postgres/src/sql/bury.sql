-- Death is a fact that is written down: a worker that wakes up later finds it. While the server has
-- been up for less than a lease, everybody was silent, so nobody is dead; nor while whoever asks has itself been
-- silent: this statement may have hung through an outage.
UPDATE fang_workers
SET dead_at = now()
WHERE dead_at IS NULL
  AND beat_at < now() - $1::bigint * interval '1 microsecond'
  AND pg_postmaster_start_time() < now() - $1::bigint * interval '1 microsecond'
  AND ($2::bigint IS NULL OR EXISTS (
    SELECT FROM fang_workers me
    WHERE me.id = $2 AND me.beat_at >= now() - $1::bigint / 2 * interval '1 microsecond'
  ))
