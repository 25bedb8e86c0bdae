-- Releases the advisory lock of `crowd_lock_session`, so that the next crowded claim can go on.
SELECT pg_advisory_unlock(fang_crowd_lock($1, $2))
