-- What is held is run to its end, and should its process die now, that is not counted.

UPDATE fang_meta SET version = 5;

DROP FUNCTION fang_turn;
DROP FUNCTION fang_listed;
DROP TABLE fang_holds;
