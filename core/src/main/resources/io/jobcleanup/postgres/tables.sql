-- :oids  text[], object ids
select c.oid, n.nspname as schema, c.relname as name, c.relkind as kind,
       pg_catalog.pg_get_userbyid(c.relowner) as owner,
       pg_catalog.row_security_active(c.oid) as row_security
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.oid = any(cast(cast(:oids as text[]) as oid[]))
