-- One run.
-- :id uuid as text
-- Index: the primary key of job_cleanup.run
select *, cast(extract(epoch from clock_timestamp() - started_at) * 1000 as bigint) as age_ms
from job_cleanup.run
where id = cast(:id as uuid)
