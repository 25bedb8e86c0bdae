-- One change of a cron at a time: the next statement of the transaction sees what the last one wrote.
SELECT pg_advisory_xact_lock(hashtextextended('fang/crons/' || $1, 0))
