-- The host's sequences that no column owns.
select n.nspname as schema, c.relname as name, pg_catalog.pg_table_is_visible(c.oid) as visible
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind = 'S' and n.nspname !~ '^pg_' and n.nspname <> 'job_cleanup'
order by n.nspname, c.relname
