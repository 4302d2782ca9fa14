-- The columns of tables, with the type below a domain and what our role may do with each.
-- :oids  text[], object ids of the tables
select a.attrelid as table, a.attname as name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
       pg_catalog.format_type(base.oid, null) as base_type,
       base.typcategory as category,
       array(select e.enumlabel from pg_catalog.pg_enum e where e.enumtypid = base.oid order by e.enumsortorder)
         as labels,
       a.attnotnull or t.typnotnull as not_null,
       a.atthasdef or a.attidentity <> '' or a.attgenerated <> '' or t.typdefault is not null as filled,
       case when a.attgenerated = ''
            then coalesce((select pg_catalog.pg_get_expr(d.adbin, d.adrelid)
                           from pg_catalog.pg_attrdef d where d.adrelid = a.attrelid and d.adnum = a.attnum),
                          case when t.typtype = 'd' then t.typdefault end)
       end as standard,
       a.attgenerated <> '' or a.attidentity = 'a' as generated,
       case when t.typtype = 'd' then t.typtypmod else a.atttypmod end as modifier,
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'select') as can_select,
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'insert') as can_insert,
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'update') as can_update,
       (select format('%I.%I', n.nspname, s.relname)
        from pg_catalog.pg_attrdef d
        join pg_catalog.pg_depend p
          on p.classid = cast('pg_catalog.pg_attrdef' as regclass) and p.objid = d.oid
             and p.refclassid = cast('pg_catalog.pg_class' as regclass)
        join pg_catalog.pg_class s on s.oid = p.refobjid and s.relkind = 'S'
        join pg_catalog.pg_namespace n on n.oid = s.relnamespace
        where d.adrelid = a.attrelid and d.adnum = a.attnum
          and case when s.relkind = 'S' then not pg_catalog.has_sequence_privilege(s.oid, 'usage, update') end
        limit 1) as forbidden_sequence
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_type base
  on base.oid = (with recursive below(oid, kind, base) as (
                   select t.oid, t.typtype, t.typbasetype
                   union all
                   select b.oid, b.typtype, b.typbasetype from below join pg_catalog.pg_type b on b.oid = below.base
                   where below.kind = 'd')
                 select below.oid from below where below.kind <> 'd')
where a.attrelid = any(cast(cast(:oids as text[]) as oid[])) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
