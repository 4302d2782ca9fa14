-- The unique indexes of all tables of the host, the primary keys first; partial ones with their predicate.
select i.indrelid as table, i.indisprimary as is_primary,
       array(select a.attname
             from unnest(i.indkey) with ordinality as k(attnum, n)
             join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
             where k.n <= i.indnkeyatts
             order by k.n) as columns,
       coalesce(pg_catalog.pg_get_expr(i.indpred, i.indrelid), '') as predicate
from pg_catalog.pg_index i
join pg_catalog.pg_class c on c.oid = i.indrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where i.indisunique and i.indisvalid and i.indexprs is null
  and not c.relispartition and n.nspname !~ '^pg_'
order by i.indrelid, not i.indisprimary, i.indexrelid
