-- Tells that a worker lives, and learns in the same round trip whether it was declared dead and
-- whether another has been silent for too long.
WITH beat AS (
    UPDATE fang_workers SET beat_at = now() WHERE id = $1 AND dead_at IS NULL RETURNING id
)
SELECT EXISTS (SELECT FROM beat) AS is_alive,
    EXISTS (
        SELECT FROM fang_workers
        WHERE id <> $1 AND dead_at IS NULL AND beat_at < now() - $2::bigint * interval '1 microsecond'
    ) AS has_suspects
