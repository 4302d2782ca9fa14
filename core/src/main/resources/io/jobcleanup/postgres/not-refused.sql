-- A condition: we have no record that the host refused this job.
-- Index: the primary key of job_cleanup.refusal
not exists (select from job_cleanup.refusal refusal where refusal.job_table = <job_table> and refusal.job_key = <job_key>)
