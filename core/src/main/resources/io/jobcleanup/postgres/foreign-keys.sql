-- The foreign keys of tables.
-- :oids  text[], object ids of the tables
select k.conrelid as table, k.conname as name, k.confrelid as referenced,
       array(select a.attname from unnest(k.conkey) with ordinality as c(attnum, n)
             join pg_catalog.pg_attribute a on a.attrelid = k.conrelid and a.attnum = c.attnum order by c.n) as columns,
       array(select a.attname from unnest(k.confkey) with ordinality as c(attnum, n)
             join pg_catalog.pg_attribute a on a.attrelid = k.confrelid and a.attnum = c.attnum order by c.n)
         as referenced_columns
from pg_catalog.pg_constraint k
where k.contype = 'f' and k.conrelid = any(cast(cast(:oids as text[]) as oid[]))
order by k.conrelid, k.conname
