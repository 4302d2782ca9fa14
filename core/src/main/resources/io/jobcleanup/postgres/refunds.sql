-- Our records of refunds, the newest first.
-- <which>  which are asked for, by :payer, :job, :job_of_source, :job_source and :job_tables
-- :at      text, a moment with zone, and :after text: moment and key of the refund that they come after
-- :limit   int
-- Index: refund_newest; for a payer refund_payer, for a job refund_job, for what is owed refund_owed
select *
from job_cleanup.refund
where (failed_at, refund_key) < (cast(:at as timestamptz), :after) and <which>
order by failed_at desc, refund_key desc
limit :limit
