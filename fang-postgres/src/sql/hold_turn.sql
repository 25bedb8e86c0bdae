-- Takes the advisory lock for a crowded lock-claim. Its transaction stays open, so the lock belongs to the session
-- and is released by `leave_turn` as soon as the rows are locked. See `turn`.
SELECT pg_advisory_lock(fang_turn($1, $2))
