-- Wakes the claimers of a task type in every process, once the transaction commits.
SELECT pg_notify('fang', $1)
