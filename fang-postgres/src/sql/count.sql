SELECT task_type::text, state::text, count(*) FROM fang_tasks GROUP BY task_type, state ORDER BY task_type, state
