-- The tables that this transaction has written to, whoever's code it was, with how many rows. A partition counts for its
-- table. Ours are left out.
select cast(root.oid as bigint) as oid, format('%s.%s', n.nspname, root.relname) as name,
       cast(sum(t.n_tup_ins) as bigint) as added, cast(sum(t.n_tup_upd) as bigint) as changed,
       cast(sum(t.n_tup_del) as bigint) as removed, cast(max(root.relpages) as bigint) as pages
from pg_catalog.pg_stat_xact_user_tables t
join pg_catalog.pg_class root on root.oid = coalesce(pg_catalog.pg_partition_root(t.relid), t.relid)
join pg_catalog.pg_namespace n on n.oid = root.relnamespace
where t.n_tup_ins + t.n_tup_upd + t.n_tup_del > 0 and n.nspname <> 'job_cleanup'
group by root.oid, n.nspname, root.relname
order by name
