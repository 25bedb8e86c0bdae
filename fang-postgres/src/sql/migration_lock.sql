-- One migration at a time, however many processes start at once; released at the end of the transaction.
SELECT pg_advisory_xact_lock(hashtextextended('fang/migrations/' || current_schema(), 0))
