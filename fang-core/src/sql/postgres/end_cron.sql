-- A cron whose pattern never fires again is over. Compare and set, as with `fire`.
DELETE FROM fang_crons WHERE name = $1 AND last_tick = $2
