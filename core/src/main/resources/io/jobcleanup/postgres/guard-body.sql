-- What our trigger does with an update that takes a job out of the state that we fail jobs into.
declare
  job_of_old constant text := <job_key>;
  failed_by record;
begin
  select known.run_id, known.source into failed_by
  from (select settled.run_id, settled.source from job_cleanup.run_job settled
        where settled.job_key = job_of_old and settled.job_table = <job_table> and settled.outcome <> 'Refused'
        union all
        select refund.run_id, refund.source from job_cleanup.refund refund
        where refund.job_key = job_of_old and refund.job_table = <job_table>) known
  order by known.run_id desc limit 1;
  if failed_by.run_id is null
    or exists (select from job_cleanup.guard_release released
               where released.job_table = <job_table> and released.job_key = job_of_old
                 and released.run_id = failed_by.run_id)
  then
    return new;
  end if;
  if not (<late>) then
    insert into job_cleanup.guard_release (job_table, job_key, run_id)
    values (<job_table>, job_of_old, failed_by.run_id) on conflict do nothing;
    return new;
  end if;
  insert into job_cleanup.late_completion (source, job_table, job_key, run_id, prevented, status, delivered)
  select failed_by.source, <job_table>, job_of_old, failed_by.run_id, true, cast(new.<status> as text),
         (select jsonb_object_agg(part.key,
                   case when length(part.value #>> '{}') > 200 then to_jsonb(left(part.value #>> '{}', 200)) else part.value end)
          from jsonb_each(to_jsonb(new)) part
          where part.value <> 'null' and part.value is distinct from to_jsonb(old) -> part.key
            and part.key <> all (cast(array[<written>] as text[])))
  on conflict do nothing;
  return null;
exception when others then
  raise warning 'job-cleanup can''t keep job % settled: %', job_of_old, sqlerrm;
  return new;
end
