-- Back to the table of fang 0.11. Stop all workers first: running tasks become claimable again. What the table of 0.11
-- cannot keep is lost: crons, periods of unique tasks, cancellations, options, and failures but the last of each task.

UPDATE fang_meta SET version = 1;
ALTER TABLE fang_meta ALTER COLUMN version DROP DEFAULT;

ALTER TABLE fang_meta
    DROP COLUMN vacuum_at,
    DROP COLUMN gathered_in,
    DROP COLUMN was_ahead,
    DROP COLUMN well_since,
    DROP COLUMN beat_at;

DROP FUNCTION fang_worker_lock;
DROP FUNCTION fang_session;
DROP FUNCTION fang_crowd_lock;
DROP FUNCTION fang_listed;
DROP TABLE fang_lock_claims;
DROP TABLE fang_cancellations;
DROP TABLE fang_unique;
DROP TABLE fang_crons;
DROP TABLE fang_queues;
DROP TABLE fang_minutes;
DROP TABLE fang_workers;
DROP INDEX fang_tasks_unique;
DROP INDEX fang_tasks_kept;
DROP INDEX fang_tasks_ended;
DROP INDEX fang_tasks_running;
DROP INDEX fang_tasks_ready;

UPDATE fang_tasks SET state = 'retried' WHERE state = 'in_progress';

ALTER TABLE fang_tasks
    DROP COLUMN keep_until,
    DROP COLUMN expires_at,
    DROP COLUMN errors,
    DROP COLUMN options,
    DROP COLUMN unknown_since,
    DROP COLUMN locked_by,
    DROP COLUMN crashes,
    DROP COLUMN lease,
    DROP COLUMN priority,
    DROP COLUMN mode;

CREATE INDEX fang_tasks_state_index ON fang_tasks (state);
CREATE INDEX fang_tasks_type_index ON fang_tasks (task_type);
CREATE INDEX fang_tasks_scheduled_at_index ON fang_tasks (scheduled_at);
CREATE INDEX fang_tasks_uniq_hash ON fang_tasks (uniq_hash);
