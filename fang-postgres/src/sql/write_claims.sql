-- Writes claims for locked tasks that still run at the commit. updated_at comes from clock_timestamp(), because the
-- transaction began earlier.
UPDATE fang_tasks
SET state = 'in_progress', lease = least(lease, 2147483646) + 1, locked_by = $1, updated_at = clock_timestamp()
WHERE ctid = ANY ($2::tid[])
