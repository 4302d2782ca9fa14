-- The ledger rows that record refunds of some jobs, by whoever wrote them.
-- :jobs text[]
-- Index: one on the ledger's job column
select cast(<job> as text) as job, <key> as key
from unnest(cast(:jobs as text[])) as wanted(job)
join <ledger> entry on <job> = cast(wanted.job as <job_type>)
where <constants>
order by 1, 2
