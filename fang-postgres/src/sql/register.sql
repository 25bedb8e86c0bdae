-- Registers a worker under a new id. A host name would not do: a restarted process must not be taken for the dead
-- one. `is_behind` tells that the sequence of the ids is behind the rows, so that an earlier worker may have had this
-- id. If the session stays with the worker, it takes the advisory lock of the worker, which ends with it.
INSERT INTO fang_workers (info, session) VALUES ($1::text::jsonb, CASE WHEN $2::boolean THEN fang_session() END)
RETURNING id, CASE WHEN $2 THEN pg_try_advisory_lock(fang_worker_lock(tableoid, id)) END,
    coalesce((SELECT last_value FROM fang_workers_id_seq) < (SELECT max(id) FROM fang_workers), false) AS is_behind
