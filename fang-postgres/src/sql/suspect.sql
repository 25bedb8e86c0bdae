-- Marks a task as the suspect: the crash that would fail it counts only while it is marked. A negative number of
-- crashes is the mark, so that it needs no column, and statements that do not know of marks still see a number below
-- the limit.
UPDATE fang_tasks
SET crashes = -abs(greatest(crashes, (-32767)::smallint))
WHERE id = $1 AND lease = $2 AND locked_by = $3 AND state = 'in_progress'
