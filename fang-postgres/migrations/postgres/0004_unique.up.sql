-- Keys of tasks that are unique within a period. They outlast the rows of their tasks.

CREATE TABLE fang_unique (
    key text PRIMARY KEY,
    -- The task that took the key, with its instants; its row may be gone. No foreign key: a task that ends or is
    -- removed does not end the period.
    task_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    scheduled_at timestamptz NOT NULL,
    until timestamptz NOT NULL
);

-- For prunes.
CREATE INDEX fang_unique_until ON fang_unique (until);

UPDATE fang_meta SET version = 4;
