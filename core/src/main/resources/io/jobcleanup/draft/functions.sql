-- The host's own functions whose names speak of giving back.
select n.nspname as schema, p.proname as name, pg_catalog.pg_function_is_visible(p.oid) as visible,
       coalesce(p.proargnames[1:p.pronargs], '{}') as names,
       array(select pg_catalog.format_type(a.type, null) from unnest(p.proargtypes) with ordinality as a(type, n) order by a.n)
         as types,
       p.pronargdefaults as defaults, p.prosrc as source
from pg_catalog.pg_proc p
join pg_catalog.pg_namespace n on n.oid = p.pronamespace
where p.prokind in ('f', 'p') and p.prorettype <> cast('trigger' as regtype)
  and p.proname ~* '(refund|restore|return|give_?back|credit_?back|revert|release).*' and n.nspname !~ '^pg_'
  and n.nspname not in ('information_schema', 'job_cleanup', 'extensions')
  and pg_catalog.has_function_privilege(p.oid, 'execute')
  and not exists (select from pg_catalog.pg_depend d
                  where d.classid = cast('pg_catalog.pg_proc' as regclass) and d.objid = p.oid and d.deptype = 'e')
order by n.nspname, p.proname
