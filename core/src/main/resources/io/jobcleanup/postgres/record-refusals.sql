-- Records that the host refused jobs. How long to wait grows with the number of tries.
-- :job_key, … text[], one element per job
-- :delays_ms bigint[], how long to wait after the first try, the second and so on; the last one counts for all further
insert into job_cleanup.refusal
  (job_table, job_key, source, cause, stuck_since, tries, last_tried_at, next_try_at)
select :job_table, line.job_key, :source, line.cause, cast(line.stuck_since as timestamptz), 1, clock_timestamp(),
       clock_timestamp() + (cast(:delays_ms as bigint[]))[1] * interval '1 millisecond'
from <line>
on conflict (job_table, job_key) do update
set cause = excluded.cause, source = excluded.source, stuck_since = excluded.stuck_since,
    tries = job_cleanup.refusal.tries + 1, last_tried_at = clock_timestamp(),
    next_try_at = clock_timestamp()
      + (cast(:delays_ms as bigint[]))[least(job_cleanup.refusal.tries + 1, cardinality(cast(:delays_ms as bigint[])))]
        * interval '1 millisecond'
