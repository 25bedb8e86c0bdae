-- The dead rows of the tables `$1`, by the statistics of the server. A vacuum sets them to what it could not
-- remove.
SELECT coalesce(sum(pg_stat_get_dead_tuples(to_regclass(name))), 0)::bigint AS dead FROM unnest($1::text[]) name
