-- The columns of all tables of the host, with the type below a domain and the labels of enums.
select a.attrelid as table, a.attname as name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
       case when base.typcategory in ('A', 'C') then base.typname else pg_catalog.format_type(base.oid, null) end as base_type,
       base.typcategory as category,
       array(select e.enumlabel from pg_catalog.pg_enum e where e.enumtypid = base.oid order by e.enumsortorder)
         as labels,
       a.attnotnull or t.typnotnull as not_null,
       a.atthasdef or a.attidentity <> '' or a.attgenerated <> '' or t.typdefault is not null as filled,
       a.attgenerated <> '' or a.attidentity = 'a' as generated,
       coalesce(pg_catalog.pg_get_expr(d.adbin, d.adrelid), '') as standard,
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'select') as readable
from pg_catalog.pg_class c
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
join pg_catalog.pg_attribute a on a.attrelid = c.oid
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_type base on base.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
where c.relkind in ('r', 'p', 'v') and not c.relispartition and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
  and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
