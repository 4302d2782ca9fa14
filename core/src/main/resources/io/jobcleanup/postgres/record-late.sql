-- Records late completions; gives the ids of those that nobody has recorded meanwhile.
-- :job_table, :source text
-- :job_key, :run, :status, :delivered text[], one element per job
insert into job_cleanup.late_completion (source, job_table, job_key, run_id, prevented, status, delivered)
select :source, :job_table, line.job_key, cast(line.run as uuid), false, line.status, cast(line.delivered as jsonb)
from <line>
on conflict do nothing
returning id
