-- The schema that contains the table `$2`: the schema `$1`, or the first one of the search path that has the table. By the
-- catalogs, which any role may read.
SELECT n.nspname::text
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname = $2::text
  AND CASE WHEN $1::text IS NULL THEN n.nspname = ANY (current_schemas(true)) ELSE n.nspname = $1 END
ORDER BY array_position(current_schemas(true), n.nspname)
LIMIT 1
