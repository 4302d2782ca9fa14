-- The tables themselves, and what our role may do with them.
-- :oids  text[], object ids
select c.oid, n.nspname as schema, c.relname as name, c.relkind as kind,
       pg_catalog.pg_get_userbyid(c.relowner) as owner,
       pg_catalog.row_security_active(c.oid) as row_security,
       pg_catalog.has_schema_privilege(n.oid, 'usage') as reachable,
       pg_catalog.pg_relation_is_updatable(c.oid, true) & 4 <> 0 as updatable,
       pg_catalog.pg_relation_is_updatable(c.oid, true) & 8 <> 0 as insertable,
       array(select a.attname
             from pg_catalog.pg_partitioned_table p
             cross join unnest(p.partattrs) as k(attnum)
             join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
             where p.partrelid = c.oid) as partitioned_by
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid = any(cast(cast(:oids as text[]) as oid[]))
