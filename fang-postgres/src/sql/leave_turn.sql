-- Releases the advisory lock of `hold_turn`, so that the next crowded claim can go on.
SELECT pg_advisory_unlock(fang_turn($1, $2))
