-- The indexes of tables.
-- :oids  text[], object ids of the tables
select i.indrelid as table, c.relname as name, i.indisunique as is_unique, i.indisprimary as is_primary,
       i.indisvalid and i.indpred is null and i.indexprs is null as is_whole,
       array(select a.attname
             from unnest(i.indkey) with ordinality as k(attnum, n)
             join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
             where k.n <= i.indnkeyatts
             order by k.n) as columns,
       pg_catalog.pg_get_expr(i.indpred, i.indrelid) as predicate,
       array(select part.relname
             from pg_catalog.pg_partition_tree(i.indexrelid) tree
             join pg_catalog.pg_class part on part.oid = tree.relid
             where tree.level > 0) as parts
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indexrelid
where i.indrelid = any(cast(cast(:oids as text[]) as oid[])) and i.indisvalid
order by i.indrelid, c.relname
