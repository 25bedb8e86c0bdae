-- Lets one process migrate at a time, until its transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('fang/migrations/' || current_schema(), 0))
