-- Whether our schema is there, and whether our role may use its tables; a service keeps others in it, which are not ours to judge.
select exists (select from pg_catalog.pg_class c
               join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               where n.nspname = 'job_cleanup' and c.relname = 'schema_history') as there,
       coalesce((select bool_and(
           case c.relname
             when 'run' then has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete')
             when 'run_job' then has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete')
             when 'refund' then has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update')
             when 'refusal' then has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert') and has_table_privilege(c.oid, 'update') and has_table_privilege(c.oid, 'delete')
             when 'installation' then has_table_privilege(c.oid, 'select') and has_column_privilege(c.oid, 'asked_for_at', 'update')
             when 'late_completion' then has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
             when 'accepted_finding' then has_table_privilege(c.oid, 'select') and has_table_privilege(c.oid, 'insert')
             else has_table_privilege(c.oid, 'select') end)
         from pg_catalog.pg_class c
         join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = 'job_cleanup'
         where c.relname in ('run', 'run_job', 'refund', 'refusal', 'baseline', 'installation', 'late_completion', 'accepted_finding',
                             'schema_history')
           and has_schema_privilege(n.oid, 'usage')), false) as usable
