-- Locks those of some refunds that are owed. A run that is paying one just now is waited for, and what it paid isn't owed then.
-- :refund_keys  text[]
-- Index: the primary key
select *
from job_cleanup.refund
where refund_key = any(cast(:refund_keys as text[])) and state = 'OWED'
order by refund_key
for update
