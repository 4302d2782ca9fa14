-- What the row-level security of the host's tables asks.
select c.oid as table, coalesce(pg_catalog.pg_get_expr(p.polqual, p.polrelid), '') || ' '
       || coalesce(pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid), '') as condition
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
where c.relrowsecurity
order by c.oid, p.polname
