-- How far the sequences are that tables draw from by default.
-- :oids  text[], object ids of the tables
select format('%s.%s', n.nspname, s.relname) as name, pg_catalog.pg_sequence_last_value(s.oid) as last
from pg_catalog.pg_class s
join pg_catalog.pg_namespace n on n.oid = s.relnamespace
where s.relkind = 'S'
  and exists (select
              from pg_catalog.pg_attrdef d
              join pg_catalog.pg_depend p on p.classid = cast('pg_catalog.pg_attrdef' as regclass) and p.objid = d.oid
              where p.refobjid = s.oid and d.adrelid = any(cast(cast(:oids as text[]) as oid[]))
              union all
              select
              from pg_catalog.pg_depend p
              where p.classid = cast('pg_catalog.pg_class' as regclass) and p.objid = s.oid and p.deptype = 'i'
                and p.refobjid = any(cast(cast(:oids as text[]) as oid[])))
order by name
