-- Locks a cron until the transaction ends, after waiting for others that change it. The next statement sees the task
-- of its last tick.
SELECT FROM fang_crons WHERE name = $1 FOR UPDATE
