-- Takes numbers from the sequence of the worker ids until it is past all rows, so that no id is used twice. It never goes
-- back: each number is taken by one caller alone, while a `setval` would take back those that others have got meanwhile. A
-- million numbers take 0.2 s. $1 is the name of the table.
SELECT count(nextval(pg_get_serial_sequence($1, 'id')))
FROM generate_series((SELECT last_value + is_called::int FROM fang_workers_id_seq), (SELECT max(id) FROM fang_workers))
