-- Tasks that are held and do not end now become claims like any other. By the clock: this transaction began before.
UPDATE fang_tasks
SET state = 'in_progress', lease = least(lease, 2147483646) + 1, locked_by = $1, updated_at = clock_timestamp()
WHERE ctid = ANY ($2::tid[])
