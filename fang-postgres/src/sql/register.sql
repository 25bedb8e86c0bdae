-- Registers a worker under a new id. A host name would not do: a restarted process must not be taken for the dead
-- one.
INSERT INTO fang_workers (info) VALUES ($1::text::jsonb) RETURNING id
