-- The table of fang 0.11: created if there is none, completed if fang 0.9 or 0.10 created it. Existing columns,
-- types and labels stay as they are, so that all rows are kept.

DO $$
BEGIN
    IF to_regtype('fang_task_state') IS NULL THEN
        CREATE TYPE fang_task_state AS ENUM ('new', 'in_progress', 'failed', 'finished', 'retried');
    END IF;
END
$$;

-- 0.9 had no retries. A new label can be used only after this transaction, so the next file is the first to use it.
ALTER TYPE fang_task_state ADD VALUE IF NOT EXISTS 'retried';

CREATE TABLE IF NOT EXISTS fang_tasks (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    metadata jsonb NOT NULL,
    error_message text,
    state fang_task_state NOT NULL DEFAULT 'new',
    task_type text NOT NULL DEFAULT 'common',
    uniq_hash text,
    retries integer NOT NULL DEFAULT 0,
    scheduled_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE fang_tasks ADD COLUMN IF NOT EXISTS retries integer NOT NULL DEFAULT 0;

CREATE TABLE IF NOT EXISTS fang_meta (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    version integer NOT NULL
);

INSERT INTO fang_meta (version) VALUES (1) ON CONFLICT (single) DO UPDATE SET version = 1;
