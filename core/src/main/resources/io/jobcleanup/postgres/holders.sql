-- The sessions that hold a job's row, or its balance: the transactions that the rows' xmax names, if they still run.
-- :k0, … text[], keys
-- Index: the job table's unique key, and the unique ones that find the other rows
select distinct l.pid, coalesce(nullif(a.application_name, ''), a.usename, 'unknown') as who, coalesce(a.state, 'unknown') as state,
       coalesce(to_char(a.xact_start, 'YYYY-MM-DD HH24:MI:SS"Z"'), 'unknown') as began, held.in_table
from <wanted>
join <jobs> job on <keyed>
cross join lateral (<rows>) held
join pg_catalog.pg_locks l on l.locktype = 'transactionid' and l.granted and l.mode = 'ExclusiveLock'
  and cast(l.transactionid as text) = held.locker
left join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.pid <> pg_catalog.pg_backend_pid()
order by held.in_table, l.pid
