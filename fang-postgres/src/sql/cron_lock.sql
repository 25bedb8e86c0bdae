-- Serialises changes of a cron: the next statement of the transaction sees what the previous change wrote.
SELECT pg_advisory_xact_lock(hashtextextended('fang/crons/' || $1, 0))
