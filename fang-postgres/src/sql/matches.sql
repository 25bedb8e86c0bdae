(
    ($1::text IS NULL OR task_type = $1)
    AND ($2::text[] IS NULL OR state = ANY ((SELECT $2::fang_task_state[])::fang_task_state[]))
    AND ($10::uuid IS NULL OR id < $10)
    AND ($11::smallint IS NULL OR priority = $11)
    AND ($5::bigint IS NULL OR created_at <= coalesce($9::timestamptz, now()) - $5 * interval '1 microsecond')
    AND ($6::bigint IS NULL OR created_at > coalesce($9, now()) - $6 * interval '1 microsecond')
    AND ($9 IS NULL OR updated_at <= $9)
    AND ($3::text IS NULL OR options->'tags' ? $3)
    AND ($7::text IS NULL OR strpos(lower(error_message), (SELECT lower($7))) > 0)
    AND ($4::text IS NULL OR metadata->>'type' = $4)
    AND ($8::text IS NULL OR metadata @> (SELECT $8::jsonb))
) IS TRUE
