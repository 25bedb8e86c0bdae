-- Marks a worker that stopped properly as dead, so that tasks it left need not wait for its lease. Its listed tasks
-- no longer run, so its lists are removed. The session may go back to the application, so its advisory lock goes too.
WITH unlisted AS (DELETE FROM fang_lock_claims WHERE worker = $1),
retired AS (UPDATE fang_workers SET dead_at = now() WHERE id = $1 AND dead_at IS NULL)
SELECT pg_advisory_unlock(fang_worker_lock(tableoid, id)) FROM fang_workers WHERE id = $1 AND session = fang_session()
