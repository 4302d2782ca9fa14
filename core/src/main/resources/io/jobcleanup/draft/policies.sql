-- What the row-level security of the host's tables asks, with the functions that its conditions call.
select c.oid as table, concat_ws(' ', pg_catalog.pg_get_expr(p.polqual, p.polrelid), pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid),
       (select string_agg(f.prosrc, ' ')
        from pg_catalog.pg_depend d
        join pg_catalog.pg_proc f on f.oid = d.refobjid
        where d.classid = cast('pg_catalog.pg_policy' as regclass) and d.objid = p.oid
          and d.refclassid = cast('pg_catalog.pg_proc' as regclass))) as condition
from pg_catalog.pg_policy p
join pg_catalog.pg_class c on c.oid = p.polrelid
where c.relrowsecurity
order by c.oid, p.polname
