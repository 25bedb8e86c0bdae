-- Puts the only row of the bookkeeping back, after the table was emptied or restored without its data. The version of
-- the tables is the default of the column, which the migrations set; it may be newer than this program. $1 is for
-- tables without one, and $2 is the name of this table.
INSERT INTO fang_meta (version)
SELECT coalesce((
    SELECT pg_get_expr(d.adbin, d.adrelid)::integer
    FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    WHERE d.adrelid = $2::text::regclass AND a.attname = 'version'
), $1)
ON CONFLICT (single) DO UPDATE SET version = greatest(fang_meta.version, excluded.version)
RETURNING version, xmax = 0 AS is_new
