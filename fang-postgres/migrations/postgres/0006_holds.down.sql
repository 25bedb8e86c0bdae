-- Tasks with lock-claims run to their end. A crash of their process is no longer charged to them.

UPDATE fang_meta SET version = 5;

DROP FUNCTION fang_turn;
DROP FUNCTION fang_listed;
DROP TABLE fang_holds;
