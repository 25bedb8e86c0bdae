-- The pools that count as alive and have been silent for over four leases, the longest first, and how many others there are.
-- `$1` seconds count as four leases of a pool that does not tell its own.
WITH alive AS MATERIALIZED (
    SELECT id, info, extract(epoch FROM now() - beat_at)::float8 AS seconds,
        CASE jsonb_typeof(info->'lease_ms') WHEN 'number' THEN (info->'lease_ms')::float8 / 250 ELSE $1::bigint END AS most
    FROM fang_workers
    WHERE dead_at IS NULL AND isfinite(beat_at)
)
SELECT id, coalesce(info->>'pid', '?') AS pid, seconds, (SELECT count(*) FROM alive WHERE seconds <= most) AS others,
    count(*) OVER () AS silent
FROM alive
WHERE seconds > most
ORDER BY seconds DESC
LIMIT 5
