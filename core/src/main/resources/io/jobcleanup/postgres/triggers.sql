-- The host's own triggers on tables, those of foreign keys left out.
-- :oids  text[], object ids of the tables
select t.tgrelid as table, t.tgname as name
from pg_catalog.pg_trigger t
where t.tgrelid = any(cast(cast(:oids as text[]) as oid[])) and not t.tgisinternal and t.tgenabled <> 'D'
order by t.tgrelid, t.tgname
