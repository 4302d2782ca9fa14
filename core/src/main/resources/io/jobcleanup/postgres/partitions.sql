-- The parts of a partitioned table that hold rows.
-- :oid bigint
select n.nspname, c.relname
from pg_catalog.pg_partition_tree(cast(cast(:oid as oid) as regclass)) t
join pg_catalog.pg_class c on c.oid = t.relid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where t.isleaf
order by 1, 2
