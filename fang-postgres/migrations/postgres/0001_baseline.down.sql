-- Removes everything, including all tasks.

DROP TABLE fang_meta;
DROP TABLE fang_tasks;
DROP TYPE fang_task_state;
