-- A worker that stopped in good order: whatever it left behind need not wait for its lease.
UPDATE fang_workers SET dead_at = now() WHERE id = $1 AND dead_at IS NULL
