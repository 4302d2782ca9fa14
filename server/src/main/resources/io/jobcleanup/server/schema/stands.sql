-- Whether the service's tables are there, and whether our role may use them as the service does.
select exists (select from pg_catalog.pg_class c
               join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               where n.nspname = 'job_cleanup' and c.relname = 'service_history') as there,
       coalesce((select bool_and(case c.relname
             when 'service_history' then has_table_privilege(c.oid, 'select')
             when 'audit_entry' then has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
             else has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
              and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete') end)
         from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = 'job_cleanup'
         where c.relname in ('admin', 'session', 'api_token', 'sign_in_attempt', 'audit_entry', 'scheduled_task', 'service_history')
           and has_schema_privilege(n.oid, 'usage')), false) as usable
