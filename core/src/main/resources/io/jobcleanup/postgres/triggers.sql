-- The host's own triggers on tables, those of foreign keys and ours left out.
-- :oids  text[], object ids of the tables
select t.tgrelid as table, t.tgname as name
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc p on p.oid = t.tgfoid
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where t.tgrelid = any(cast(cast(:oids as text[]) as oid[])) and not t.tgisinternal and t.tgenabled <> 'D'
  and n.nspname <> 'job_cleanup'
order by t.tgrelid, t.tgname
