-- Running tasks that are to be cancelled. Nearly always empty, so that heartbeats read next to nothing, and apart
-- from the tasks, so that claims and finishes need not read it. No foreign key: a task that is removed should not
-- have to search here. Rows without a task go at the next look.

CREATE TABLE fang_cancellations (
    task_id uuid PRIMARY KEY,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

UPDATE fang_meta SET version = 5;
