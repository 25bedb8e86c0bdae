-- Finds the task types, from `$1` on and at most `$2` of them, that have tasks of a mode due for over a minute, while no
-- worker of that mode has served the type for a minute. A type that is paused waits on purpose.
--
-- The ready index is led by the task type, so each step of the recursion jumps to the next type, however many tasks the
-- type has. Types that are served are sorted out before anything is looked up about their tasks.
--
-- A worker that serves all types of its mode has no list of them, and the row of one that serves thousands lists the first.
-- Either may serve any type of its mode, so its mode is open.
--
-- The pools of a program serve the same types, so the list of one of them is expanded: a thousand pools may list a thousand types
-- each.
--
-- Engine connections allow no hash joins. NOT IN looks each type up in a hash table all the same, where a join would read
-- the list of served types for each of them. A null in that list would hide everything.
WITH RECURSIVE programs AS MATERIALIZED (
    SELECT min(id) AS id
    FROM fang_workers
    WHERE dead_at IS NULL OR dead_at > now() - interval '1 minute'
    GROUP BY info->'mode', info->'all_task_types', info->'more_task_types', jsonb_hash_extended(info->'task_types', 0)
), pools AS MATERIALIZED (
    SELECT w.info,
        ARRAY[0, CASE w.info->>'mode' WHEN 'asynk' THEN 1 WHEN 'blocking' THEN 2 END]::smallint[] AS modes
    FROM fang_workers w
    WHERE w.id = ANY (ARRAY (SELECT id FROM programs))
), served AS MATERIALIZED (
    SELECT DISTINCT task_type, mode
    FROM pools,
        jsonb_array_elements_text(
            CASE jsonb_typeof(info->'task_types') WHEN 'array' THEN info->'task_types' ELSE '[]' END
        ) AS task_type,
        unnest(modes) AS mode
    WHERE task_type IS NOT NULL AND mode IS NOT NULL
), open AS MATERIALIZED (
    SELECT DISTINCT mode
    FROM pools, unnest(modes) AS mode
    WHERE (info->'all_task_types' = 'true' OR info->'more_task_types' > '0') AND mode IS NOT NULL
), waiting (place, task_type) AS (
    SELECT 1, $1::text
    UNION ALL
    SELECT w.place + 1, (
        SELECT t.task_type::text
        FROM fang_tasks t
        WHERE t.state IN ('new', 'retried') AND t.task_type > w.task_type
        ORDER BY t.task_type
        LIMIT 1
    )
    FROM waiting w
    WHERE w.task_type IS NOT NULL AND w.place <= $2::integer
), candidate AS MATERIALIZED (
    SELECT w.task_type, m.mode
    FROM waiting w, unnest('{0,1,2}'::smallint[]) AS m (mode)
    WHERE w.task_type IS NOT NULL AND w.place <= $2
      AND m.mode NOT IN (SELECT mode FROM open)
      AND (w.task_type, m.mode) NOT IN (SELECT task_type, mode FROM served)
      AND w.task_type NOT IN (SELECT task_type FROM fang_queues WHERE paused_at IS NOT NULL)
), unserved AS MATERIALIZED (
    SELECT c.task_type, c.mode
    FROM candidate c
    WHERE EXISTS (
        SELECT
        FROM unnest('{0,1,2,3}'::smallint[]) AS p (priority), LATERAL (
            SELECT
            FROM fang_tasks t
            WHERE t.task_type = c.task_type AND t.mode = c.mode AND t.priority = p.priority
              AND t.state IN ('new', 'retried') AND t.scheduled_at < now() - interval '1 minute'
            ORDER BY t.scheduled_at
            LIMIT 1
        ) due
    )
)
SELECT 'unserved' AS what, task_type, mode FROM unserved
UNION ALL
SELECT DISTINCT 'served', task_type, NULL::smallint FROM served WHERE EXISTS (SELECT FROM unserved)
UNION ALL
SELECT DISTINCT 'open', '', NULL::smallint FROM open WHERE EXISTS (SELECT FROM unserved)
UNION ALL
SELECT 'next', task_type, NULL FROM waiting WHERE task_type IS NOT NULL AND place > $2
