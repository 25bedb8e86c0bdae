-- Periods end. Tasks that are unique until they are started become unique while they are alive.

UPDATE fang_meta SET version = 3;

DROP TABLE fang_unique;
