-- An expression: the type of a value, below any domain.
(with recursive below(oid) as (
   select cast(pg_catalog.pg_typeof(<value>) as oid)
   union all
   select t.typbasetype from below join pg_catalog.pg_type t using (oid) where t.typtype = 'd')
 select pg_catalog.format_type(t.oid, null) from below join pg_catalog.pg_type t using (oid) where t.typtype <> 'd')
