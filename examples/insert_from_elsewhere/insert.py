"""Inserts tasks from Python, with psycopg 3:

DATABASE_URL=postgres://localhost/app python3 insert.py 3
"""

import os
import sys

import psycopg
from psycopg.types.json import Jsonb

count = int(sys.argv[1]) if len(sys.argv) > 1 else 1

with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
    for user in range(1, count + 1):
        # In a transaction of the application: the task is there only if the transaction commits.
        with connection.transaction():
            payload = Jsonb({"user": user, "from": "python"})
            connection.execute("SELECT fang_insert('welcome', %s)", [payload])

    for picture in range(1, count + 1):
        payload = Jsonb({"picture": picture, "from": "python"})
        connection.execute(
            "SELECT fang_insert('resize', %s, mode => 'blocking', priority => %s, tags => %s)",
            [payload, "low", ["thumbnail"]],
        )

    task, inserted = connection.execute(
        "SELECT id, inserted FROM fang_insert_unique('report', %s, %s, unique_within => '1 day', delay => '1 hour')",
        [Jsonb({}), "daily"],
    ).fetchone()
    print("inserted" if inserted else "is there already:", task)

    # What cannot be saved is refused, with a reason and a hint.
    try:
        connection.execute("SELECT fang_insert('welcome', %s)", [Jsonb({"type": "guest"})])
    except psycopg.errors.InvalidParameterValue as error:
        print(f"refused: {error.diag.message_primary}. {error.diag.message_hint}")
