-- All tables of the host: no partitions, nothing of the system, of extensions, or of well-known frameworks' own schemas.
-- bytes counts the leaves of a partitioned table.
select c.oid, n.nspname as schema, c.relname as name, c.relkind as kind,
       pg_catalog.pg_table_is_visible(c.oid) as visible,
       pg_catalog.has_schema_privilege(n.oid, 'usage') and pg_catalog.has_any_column_privilege(c.oid, 'select') as readable,
       pg_catalog.row_security_active(c.oid) as row_security,
       case when c.relkind = 'p'
            then (select coalesce(sum(pg_catalog.pg_relation_size(p.relid)), 0)
                  from pg_catalog.pg_partition_tree(c.oid) p where p.isleaf)
            else pg_catalog.pg_relation_size(c.oid) end as bytes
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where (c.relkind in ('r', 'p') or c.relkind = 'v' and c.relname = '<view>') and not c.relispartition
  and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'job_cleanup', 'hdb_catalog', 'graphile_worker', 'pgboss', 'cron',
                        'storage', 'realtime', 'vault', 'supabase_functions', 'supabase_migrations', 'net', 'extensions', 'drizzle')
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = cast('pg_catalog.pg_class' as regclass) and d.objid = c.oid and d.deptype = 'e')
order by n.nspname, c.relname
