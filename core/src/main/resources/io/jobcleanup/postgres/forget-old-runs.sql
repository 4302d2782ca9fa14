-- Forgets old runs of whose jobs nothing is remembered any more.
-- <old>   the runs, see old-runs.sql
-- Index: the primary keys of run and run_job
with <old>
delete from job_cleanup.run
using old
where run.id = old.id and not exists (select from job_cleanup.run_job job where job.run_id = old.id)
