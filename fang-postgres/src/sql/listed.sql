-- The tasks that any worker has listed.
SELECT id FROM fang_lock_claims, unnest(ids) AS id WHERE id <> ALL ($1::uuid[])
