-- One run.
-- :id uuid as text
-- Index: the primary key of job_cleanup.run
select * from job_cleanup.run where id = cast(:id as uuid)
