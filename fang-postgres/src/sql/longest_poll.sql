-- The longest time between two polls of any pool that lives, in milliseconds. Pools of versions that do not tell it in
-- their rows do not know notifications about tasks that become due later either, so they do not count. If there is no
-- pool, it is that of one with the defaults.
SELECT coalesce(
    max(CASE WHEN jsonb_typeof(info->'longest_poll_ms') = 'number' THEN (info->>'longest_poll_ms')::float8 END), 1500
)
FROM fang_workers
WHERE dead_at IS NULL
