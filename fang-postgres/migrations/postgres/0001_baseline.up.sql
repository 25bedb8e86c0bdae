-- The table as fang 0.11 knew it: made when there is none, completed when fang 0.9 or 0.10 made it.
-- Existing columns, types and labels stay as they are, so that the rows stay too.

DO $$
BEGIN
    IF to_regtype('fang_task_state') IS NULL THEN
        CREATE TYPE fang_task_state AS ENUM ('new', 'in_progress', 'failed', 'finished', 'retried');
    END IF;
END
$$;

-- 0.9 had no retries. A new label may be used only after this transaction, hence the next file.
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
