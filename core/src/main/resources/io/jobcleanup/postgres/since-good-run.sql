-- How long ago the last run that went to its end ended, in ms; no row where there was none.
-- Index: run_completed_at
select cast(extract(epoch from clock_timestamp() - completed_at) * 1000 as bigint) as ms
from job_cleanup.run
where state = 'COMPLETED'
order by completed_at desc
limit 1
