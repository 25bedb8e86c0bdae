-- Sets the sequence of the worker ids past all rows, so that no id is used twice. It never goes back: `nextval` gives the
-- highest id that was ever used, unless there are rows beyond it.
SELECT setval(
    pg_get_serial_sequence('fang_workers', 'id'),
    greatest(nextval(pg_get_serial_sequence('fang_workers', 'id')), (SELECT max(id) FROM fang_workers))
)
