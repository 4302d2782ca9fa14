-- The host's own triggers, with the functions that they call. tgtype: 1 row, 2 before, 4 insert, 16 update.
select t.tgrelid as table, t.tgname as name, t.tgtype & 2 <> 0 and t.tgtype & 16 <> 0 as before_update,
       t.tgtype & 16 <> 0 as on_update, p.proname as function, p.prosrc as source,
       pg_catalog.encode(t.tgargs, 'escape') as arguments
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc p on p.oid = t.tgfoid
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where not t.tgisinternal and t.tgenabled <> 'D' and n.nspname !~ '^pg_'
order by t.tgrelid, t.tgname
