-- Waits for whoever changes this cron and keeps others from doing so until the transaction ends: the
-- next statement sees the task of its last tick.
SELECT FROM fang_crons WHERE name = $1 FOR UPDATE
