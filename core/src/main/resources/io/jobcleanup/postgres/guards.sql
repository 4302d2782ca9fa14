-- Our triggers on tables of the host, wherever they are; their copies on parts of a partitioned table left out.
select cast(t.tgrelid as bigint) as table, n.nspname || '.' || c.relname as display,
       format('%I.%I', n.nspname, c.relname) as quoted, t.tgname as trigger, p.proname as function, p.prosrc as body,
       t.tgenabled in ('O', 'A') as enabled
from pg_catalog.pg_trigger t
join pg_catalog.pg_proc p on p.oid = t.tgfoid
join pg_catalog.pg_namespace ours on ours.oid = p.pronamespace and ours.nspname = 'job_cleanup'
join pg_catalog.pg_class c on c.oid = t.tgrelid
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where t.tgparentid = 0
order by t.tgname
