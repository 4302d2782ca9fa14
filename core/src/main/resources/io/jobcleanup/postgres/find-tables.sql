-- The object ids of tables by the names that a mapping gives them.
-- :names  text[], "schema.table", or "table" as the search path finds it
select requested, c.oid
from unnest(cast(:names as text[])) as requested
join pg_catalog.pg_class c
  on c.relname = case when strpos(requested, '.') = 0 then requested
                      else substr(requested, strpos(requested, '.') + 1) end
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'p', 'v', 'f', 'm')
  and case when strpos(requested, '.') = 0 then pg_catalog.pg_table_is_visible(c.oid)
           else n.nspname = split_part(requested, '.', 1) end
