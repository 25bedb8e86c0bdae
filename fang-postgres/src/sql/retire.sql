-- A worker that stopped in good order: whatever it left behind need not wait for its lease, and what it had listed
-- runs no more.
WITH unlisted AS (DELETE FROM fang_holds WHERE worker = $1)
UPDATE fang_workers SET dead_at = now() WHERE id = $1 AND dead_at IS NULL
