-- Which tables, indexes and functions of these names the schema `$1` has, and which indexes of the tables are not valid. An
-- index is not valid either while one is built, or built anew, CONCURRENTLY for its table.
SELECT c.relname::text AS name,
    coalesce(
        i.indisvalid AND i.indisready OR EXISTS (
            SELECT FROM pg_stat_progress_create_index p
            WHERE p.datid = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND p.relid = i.indrelid AND p.command LIKE '%CONCURRENTLY'
        ),
        true
    ) AS is_valid
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_class t ON t.oid = i.indrelid
WHERE n.nspname = $1::text AND (c.relname = ANY ($2::text[]) OR t.relname = ANY ($2))
UNION ALL
SELECT p.proname::text, true
FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname = $1 AND p.proname = ANY ($2)
