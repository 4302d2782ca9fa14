-- Those of some failed jobs that were completed afterwards, weren't charged anew, and aren't recorded as such yet. What we
-- know of a job is asked for those alone that are completed: nearly all are not.
-- :k0, … text[], keys; :run text[], the run that failed each; :n text[], numbers
-- Index: the job table's unique key; run_job_job_key, refund_job; one on the charge table's job column
select cast(<n> as int) as n, <status> as status,
       (select jsonb_object_agg(part.key,
                 case when length(part.value #>> '{}') > 200 then to_jsonb(left(part.value #>> '{}', 200)) else part.value end)
        from jsonb_each(to_jsonb(job)) part
        where part.value <> 'null' and part.key <> all (cast(array[<written>] as text[]))) as delivered
from <line>
join <jobs> job on <keyed>
cross join lateral (select cast(<run> as uuid) as run_id, <job_table> as job_table, <job_key> as job_key) failed
where case when <keyed> then <completed> else false end
  and not exists (select from job_cleanup.late_completion late
                  where late.job_table = failed.job_table and late.job_key = failed.job_key and late.run_id = failed.run_id
                    and not late.prevented)
  and not exists (select from job_cleanup.run_job later
                  where later.job_key = failed.job_key and later.job_table = failed.job_table
                    and later.run_id > failed.run_id and later.outcome <> 'Refused')
  and not (<charged_anew>)
