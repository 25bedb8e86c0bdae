-- Periods end. Tasks that were unique until they start become unique until they end.

UPDATE fang_meta SET version = 3;

DROP TABLE fang_unique;
