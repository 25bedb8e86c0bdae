-- `turn` for `hold`, whose transaction goes on: waits until no more than one other looks for tasks of this type, until
-- `leave_turn`.
SELECT pg_advisory_lock(fang_turn($1, $2))
