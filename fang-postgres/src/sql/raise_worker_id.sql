-- Sets the sequence of the worker ids past all rows, so that no id is used twice. It never goes back: `nextval` gives the
-- highest id that was ever used, unless there are rows beyond it. $1 is the name of the table.
SELECT setval(
    pg_get_serial_sequence($1, 'id'),
    greatest(nextval(pg_get_serial_sequence($1, 'id')), (SELECT max(id) FROM fang_workers))
)
