-- Ends the turn of a pool that has vacuumed. No pool does so again for `$1` microseconds.
UPDATE fang_meta SET vacuum_at = now() + $1::bigint * interval '1 microsecond'
