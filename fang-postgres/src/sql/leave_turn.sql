-- Lets the next one look; see `hold_turn`.
SELECT pg_advisory_unlock(fang_turn($1, $2))
