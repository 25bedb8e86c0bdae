-- Wakes the claimers of a task type in every process, once the transaction commits. What the payload says besides
-- stands in `wake`.
SELECT pg_notify('fang', $1)
