-- Marks a worker that stopped properly as dead, so that tasks it left need not wait for its lease. Its last beat is then as old
-- as its death, which tells it from a worker that was declared dead (`workers`). Its listed tasks no longer run, so its lists
-- are removed. The session may go back to the application, so its advisory lock is released as well. `$2` are its last counts,
-- or null if these have not changed. A worker that was declared dead before still tells them.
WITH unlisted AS (DELETE FROM fang_lock_claims WHERE worker = $1),
retired AS (
    UPDATE fang_workers
    SET dead_at = coalesce(dead_at, now()), beat_at = CASE WHEN dead_at IS NULL THEN now() ELSE beat_at END, busy = 0,
        told = coalesce($2::text::jsonb, told)
    WHERE id = $1 AND (dead_at IS NULL OR $2::text IS NOT NULL)
)
SELECT pg_advisory_unlock(fang_worker_lock(tableoid, id)) FROM fang_workers WHERE id = $1 AND session = fang_session()
