-- Waits until no more than one other claims tasks of this type, until the transaction is over. A claim that looks while
-- another commits locks the rows that were taken under its eyes, for as long as it takes, and their owner
-- waits to save what became of them; with dozens of claims at a time that is all they do. Two at a
-- time, so that one can look while the other commits.
SELECT pg_advisory_xact_lock(fang_turn($1, $2))
