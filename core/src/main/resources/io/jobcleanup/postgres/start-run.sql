-- Records that a run begins, and tells the database's time. The first one that somebody asked for, rather than a schedule, is
-- remembered apart from the history, which may be deleted.
with asked_for as (
  update job_cleanup.installation set asked_for_at = clock_timestamp()
  where asked_for_at is null and :trigger <> 'SCHEDULE'
)
insert into job_cleanup.run (id, trigger, actor, dry_run, timeout_ms, batch_size, drain)
values (cast(:id as uuid), :trigger, :actor, false, cast(:timeout_ms as bigint), :batch_size, :drain)
returning started_at as now
