-- No more than that: the next look at the crons finds what was missed, and decides.
UPDATE fang_crons SET paused_at = NULL WHERE name = $1 AND paused_at IS NOT NULL
