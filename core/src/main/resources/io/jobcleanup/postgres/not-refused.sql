-- A condition: we have no record that the host refused this job. NOT IN, so that it is looked up in a hash and the order of
-- the index is kept: as an anti-join the planner would sort all that is stuck for each page.
-- Index: the primary key of job_cleanup.refusal
<job_key> not in (select refusal.job_key from job_cleanup.refusal refusal where refusal.job_table = <job_table>)
