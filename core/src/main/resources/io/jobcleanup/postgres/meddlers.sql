-- What may drop or change a write to a table without an error: its triggers, rules and policies.
-- :table  text, its name with its schema
select meddler.kind || ' ' || meddler.name as meddler
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
cross join lateral (
  select 'trigger' as kind, t.tgname as name from pg_catalog.pg_trigger t
  where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled <> 'D'
  union all
  select 'rule', r.rulename from pg_catalog.pg_rewrite r where r.ev_class = c.oid and r.rulename <> '_RETURN'
  union all
  select 'policy', p.polname from pg_catalog.pg_policy p where p.polrelid = c.oid and c.relrowsecurity) meddler
where n.nspname || '.' || c.relname = :table
order by 1
