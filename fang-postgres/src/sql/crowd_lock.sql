-- Takes one of two advisory locks for a crowded claim, until its transaction ends. A claim that reads while another
-- commits locks rows that were just taken, and their owner has to wait before it can save results; with dozens of
-- claims at a time, nothing else happens. Two claims may run at a time, so that one can read while the other
-- commits.
SELECT pg_advisory_xact_lock(fang_crowd_lock($1, $2))
