-- Tasks that were held and whose rows go. The lock of this transaction is the fence.
DELETE FROM fang_tasks WHERE ctid = ANY ($1::tid[])
