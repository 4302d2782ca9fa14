-- The keys of all tables of the host, and checks of one column (they often list a status's values).
select k.conrelid as table, k.contype as kind,
       array(select a.attname from unnest(k.conkey) with ordinality as c(attnum, n)
             join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.attnum order by c.n) as columns,
       k.confrelid as referenced,
       array(select a.attname from unnest(k.confkey) with ordinality as c(attnum, n)
             join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = c.attnum order by c.n)
         as referenced_columns,
       case when k.contype = 'c' then pg_catalog.pg_get_constraintdef(k.oid) else '' end as definition
from pg_catalog.pg_constraint k
join pg_catalog.pg_namespace n on n.oid = k.connamespace
where k.contype in ('f', 'c') and k.conrelid <> 0 and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and (k.contype = 'f' or cardinality(k.conkey) = 1)
order by k.conrelid, k.conname
