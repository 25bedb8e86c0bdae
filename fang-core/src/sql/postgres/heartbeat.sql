-- Tells that a worker lives, and learns in the same round trip whether it was declared dead, how long
-- it had been silent itself, and whether another has been silent for too long.
WITH before AS (
    SELECT beat_at FROM fang_workers WHERE id = $1
), beat AS (
    UPDATE fang_workers SET beat_at = now() WHERE id = $1 AND dead_at IS NULL RETURNING id
)
SELECT EXISTS (SELECT FROM beat) AS is_alive,
    EXISTS (
        SELECT FROM fang_workers
        WHERE id <> $1 AND dead_at IS NULL AND beat_at < now() - $2::bigint * interval '1 microsecond'
    ) AS has_suspects,
    coalesce((SELECT extract(epoch FROM now() - beat_at) FROM before WHERE isfinite(beat_at)), 0)::float8 AS silent_for
