-- Removes the functions. Tasks that they inserted stay.

UPDATE fang_meta SET version = 2;
ALTER TABLE fang_meta ALTER COLUMN version SET DEFAULT 2;

DROP FUNCTION fang_insert;
DROP FUNCTION fang_insert_unique;
DROP FUNCTION fang_check_insert;
DROP FUNCTION fang_key_hash;
DROP FUNCTION fang_new_id;
