-- Registers a worker under a new id. A host name would not do: a restarted process must not be taken for the dead
-- one. If the session stays with the worker, it takes the advisory lock of the worker, which ends with it.
INSERT INTO fang_workers (info, session) VALUES ($1::text::jsonb, CASE WHEN $2::boolean THEN fang_session() END)
RETURNING id, CASE WHEN $2 THEN pg_try_advisory_lock(fang_worker_lock(tableoid, id)) END
