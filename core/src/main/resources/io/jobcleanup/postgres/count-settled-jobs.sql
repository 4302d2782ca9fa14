-- How many jobs of a source runs of recent days failed.
-- :job_table, :source text
-- :since  uuid as text, the id that a run would have: earlier runs aren't looked at
-- Index: the primary key of job_cleanup.run_job
select count(*)
from job_cleanup.run_job
where run_id >= cast(:since as uuid) and job_table = :job_table and source = :source and outcome <> 'Refused'
