-- Runs, the newest first: their ids are in the order of time.
-- :after uuid as text, the id that they come after
-- :limit int
-- Index: the primary key of job_cleanup.run
select *, cast(extract(epoch from clock_timestamp() - started_at) * 1000 as bigint) as age_ms
from job_cleanup.run
where id < cast(:after as uuid)
order by id desc
limit :limit
