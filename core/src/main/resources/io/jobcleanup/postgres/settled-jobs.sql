-- Jobs of a source that runs of recent days failed, the newest run's first.
-- :job_table, :source text
-- :since  uuid as text, the id that a run would have: earlier runs aren't looked at
-- :offset, :limit int
-- Index: the primary key of job_cleanup.run_job
select run_id, job_key
from job_cleanup.run_job
where run_id >= cast(:since as uuid) and job_table = :job_table and source = :source and outcome <> 'Refused'
order by run_id desc, job_table desc, job_key desc
offset :offset limit :limit
