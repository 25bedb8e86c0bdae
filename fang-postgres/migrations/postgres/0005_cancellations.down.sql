-- Cancelled tasks that still run are not told any more and run to their end.

UPDATE fang_meta SET version = 4;

DROP TABLE fang_cancellations;
