-- Resumes a cron. The next look at the crons finds missed ticks and decides about them.
UPDATE fang_crons SET paused_at = NULL WHERE name = $1 AND paused_at IS NOT NULL
