-- The sessions that hold a job's row: the transaction that its xmax names, if it still runs.
-- :k0, … text[], keys
-- Index: the job table's unique key
select distinct l.pid, coalesce(nullif(a.application_name, ''), a.usename, 'unknown') as who, coalesce(a.state, 'unknown') as state,
       coalesce(to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS"Z"'), 'unknown') as began
from <wanted>
join <jobs> job on <keyed>
join pg_catalog.pg_locks l on l.locktype = 'transactionid' and l.granted and l.mode = 'ExclusiveLock'
  and cast(l.transactionid as text) = cast(job.xmax as text)
left join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.pid <> pg_catalog.pg_backend_pid()
