-- Takes the advisory lock for a crowded lock-claim. Its transaction stays open, so the lock belongs to the session
-- and is released by `crowd_unlock` as soon as the rows are locked. See `crowd_lock`.
SELECT pg_advisory_lock(fang_crowd_lock($1, $2))
