-- Lets the next one look; see `hold_turn`.
SELECT pg_advisory_unlock(hashtextextended('fang ' || $1, $2::bigint & 1))
