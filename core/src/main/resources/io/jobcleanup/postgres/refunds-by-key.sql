-- Refunds by their keys.
-- :refund_keys  text[]
-- Index: the primary key
select *
from job_cleanup.refund
where refund_key = any(cast(:refund_keys as text[]))
order by failed_at desc, refund_key desc
