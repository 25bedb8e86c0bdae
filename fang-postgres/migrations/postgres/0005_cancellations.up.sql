-- Which running tasks are to be cancelled. Nearly always empty, so that whoever beats looks at next to nothing, and
-- apart from the tasks, so that neither a claim nor a finish has to look. No foreign key: a task that goes
-- must not have to look here, and what is left over goes at the next look.

CREATE TABLE fang_cancellations (
    task_id uuid PRIMARY KEY,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

UPDATE fang_meta SET version = 5;
