-- The clock of a transaction in which unqualified names are those of this schema, if it is given.
SELECT now(), set_config('search_path', coalesce($1, current_setting('search_path')), true)
