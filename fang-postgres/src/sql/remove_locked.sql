-- Removes locked tasks that have ended. The lock of this transaction is the fence.
DELETE FROM fang_tasks WHERE ctid = ANY ($1::tid[])
