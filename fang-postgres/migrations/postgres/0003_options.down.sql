-- Options and failure histories are lost; the last error stays in error_message.

UPDATE fang_meta SET version = 2;

ALTER TABLE fang_meta
    DROP COLUMN well_since,
    DROP COLUMN beat_at;

ALTER TABLE fang_tasks
    DROP COLUMN errors,
    DROP COLUMN options;
