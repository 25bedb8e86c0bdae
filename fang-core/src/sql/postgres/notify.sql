-- Wakes the claimers of a task type, once the transaction commits.
SELECT pg_notify('fang', coalesce($1, current_schema()) || '/' || $2)
