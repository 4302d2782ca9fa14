-- What was given back for a job that was completed late.
-- Index: refund_job
select max(refund.payer) as payer, min(refund.failed_at) as failed_at,
       coalesce(sum(refund.amount) filter (where refund.state = 'PAID'), 0) as paid,
       coalesce(sum(refund.amount) filter (where refund.state = 'OWED'), 0) as owed
from job_cleanup.refund refund
where refund.job_key = late.job_key and refund.job_table = late.job_table
  and refund.run_id = (select latest.run_id from job_cleanup.refund latest
                       where latest.job_key = late.job_key and latest.job_table = late.job_table
                         and latest.run_id <= late.run_id
                       order by latest.run_id desc limit 1)
