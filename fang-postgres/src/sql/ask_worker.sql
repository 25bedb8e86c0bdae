-- Asks a worker to do something. Its next beat tells it.
UPDATE fang_workers SET asked = $2 WHERE id = $1 AND dead_at IS NULL
