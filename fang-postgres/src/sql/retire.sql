-- Marks a worker that stopped properly as dead, so that tasks it left need not wait for its lease. Its listed tasks
-- no longer run, so its lists are removed.
WITH unlisted AS (DELETE FROM fang_lock_claims WHERE worker = $1)
UPDATE fang_workers SET dead_at = now() WHERE id = $1 AND dead_at IS NULL
