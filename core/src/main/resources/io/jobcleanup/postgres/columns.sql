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
       a.attgenerated <> '' or a.attidentity = 'a' as generated,
       case when t.typtype = 'd' then t.typtypmod else a.atttypmod end as modifier,
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'select') as can_select,
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'insert') as can_insert,
       pg_catalog.has_column_privilege(a.attrelid, a.attnum, 'update') as can_update
from pg_catalog.pg_attribute a
join pg_catalog.pg_type t on t.oid = a.atttypid
join pg_catalog.pg_type base on base.oid = case when t.typtype = 'd' then t.typbasetype else t.oid end
where a.attrelid = any(cast(cast(:oids as text[]) as oid[])) and a.attnum > 0 and not a.attisdropped
order by a.attrelid, a.attnum
