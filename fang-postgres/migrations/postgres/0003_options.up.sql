-- Options of single tasks, and the history of their failures.

ALTER TABLE fang_tasks
    -- {"max_retries": 3, "tags": ["a"]}. Most tasks have no options, and a null costs no byte.
    ADD COLUMN options jsonb,
    -- The last failures, the newest last: [{"at": ..., "attempt": 1, "error": "..."}].
    ADD COLUMN errors jsonb;

-- When beats of any worker last got through, and since when without a gap. The silence of a worker means death only
-- while beats come without a gap.
ALTER TABLE fang_meta
    ADD COLUMN beat_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN well_since timestamptz NOT NULL DEFAULT now();

UPDATE fang_meta SET version = 3;
