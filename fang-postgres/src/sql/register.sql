-- An identity, not a host name: a restarted process must not be taken for the one that died.
INSERT INTO fang_workers (info) VALUES ($1::text::jsonb) RETURNING id
