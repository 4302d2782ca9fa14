-- Runs that went to their end and whose sum isn't that of their jobs.
-- Rows: all of run and run_job
select cast(run.id as text) as id, run.tokens_refunded as said, coalesce(sum(run_job.tokens_refunded), 0) as summed
from job_cleanup.run
left join job_cleanup.run_job on run_job.run_id = run.id
where run.state = 'COMPLETED'
group by run.id
having run.tokens_refunded <> coalesce(sum(run_job.tokens_refunded), 0)
order by run.id
