-- How the tables `$2` of the schema `$1` are kept clean, by the statistics of the server, without looking at a row: whether
-- autovacuum works on them, their dead and live rows, when they were last vacuumed, and the bytes of their main file.
SELECT c.relname::text AS name,
    current_setting('autovacuum')::boolean AND current_setting('track_counts')::boolean AS is_on,
    NOT coalesce((
        SELECT bool_or(o.option_name = 'autovacuum_enabled' AND NOT o.option_value::boolean)
        FROM pg_options_to_table(c.reloptions) o
    ), false) AS is_on_for_table,
    coalesce(s.n_dead_tup, 0)::bigint AS dead,
    greatest(s.n_live_tup, c.reltuples, 0)::bigint AS live,
    extract(epoch FROM now() - greatest(s.last_vacuum, s.last_autovacuum))::float8 AS vacuumed,
    pg_relation_size(c.oid)::bigint AS bytes,
    c.reltuples >= 0 AS is_known
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_stat_all_tables s ON s.relid = c.oid
WHERE n.nspname = $1::text AND c.relname = ANY ($2::text[]) AND c.relkind = 'r'
ORDER BY c.relname
