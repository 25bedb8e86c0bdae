-- What was to be cancelled, and still runs, is run to its end.

UPDATE fang_meta SET version = 4;

DROP TABLE fang_cancellations;
