DELETE FROM fang_tasks WHERE id = $1
