-- Records that a run begins, and tells the database's time.
insert into job_cleanup.run (id, trigger, actor, dry_run, timeout_ms, batch_size, drain)
values (cast(:id as uuid), :trigger, :actor, false, cast(:timeout_ms as bigint), :batch_size, :drain)
returning started_at as now
