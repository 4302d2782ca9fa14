-- Forgets what old runs did to jobs. Run by run, so that no more is read than is forgotten.
-- <old>   the runs, see old-runs.sql
-- :limit  int, the most rows
-- Index: the primary key of run_job
with <old>,
forgotten as materialized (
  select job.run_id, job.job_table, job.job_key
  from old
  cross join lateral (
    select each.run_id, each.job_table, each.job_key from job_cleanup.run_job each where each.run_id = old.id limit :limit) job
  limit :limit)
delete from job_cleanup.run_job job
using forgotten
where job.run_id = forgotten.run_id and job.job_table = forgotten.job_table and job.job_key = forgotten.job_key
