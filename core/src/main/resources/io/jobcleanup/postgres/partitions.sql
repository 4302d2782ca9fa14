-- The parts of a partitioned table, those that are partitioned again too, from the top down, each with the table that it is
-- a part of.
-- :oid bigint
select n.nspname as schema, c.relname as name, t.isleaf as is_leaf, pn.nspname as parent_schema, p.relname as parent_name
from pg_catalog.pg_partition_tree(cast(cast(:oid as oid) as regclass)) t
join pg_catalog.pg_class c on c.oid = t.relid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_class p on p.oid = t.parentrelid
join pg_catalog.pg_namespace pn on pn.oid = p.relnamespace
where t.level > 0
order by t.level, 1, 2
