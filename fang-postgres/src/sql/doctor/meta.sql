-- The version of the tables, and whether the clock of the server was ahead.
SELECT version, was_ahead FROM fang_meta
