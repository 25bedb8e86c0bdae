-- What a single insert may choose beyond its type, and what a task went through.

ALTER TABLE fang_tasks
    -- {"max_retries": 3, "tags": ["a"]}; most inserts choose nothing, and a null costs no byte.
    ADD COLUMN options jsonb,
    -- The last failures, the newest last: [{"at": ..., "attempt": 1, "error": "..."}].
    ADD COLUMN errors jsonb;

-- Whether anybody's heartbeats get through: only while they have, without a gap, is silence a death.
ALTER TABLE fang_meta
    ADD COLUMN beat_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN well_since timestamptz NOT NULL DEFAULT now();

UPDATE fang_meta SET version = 3;
