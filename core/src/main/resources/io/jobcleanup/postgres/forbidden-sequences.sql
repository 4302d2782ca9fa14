-- Those of some sequences that our role may not draw from.
-- :names  text[], as nextval takes them
select format('%I.%I', n.nspname, c.relname)
from unnest(cast(:names as text[])) as requested
cross join parse_ident(requested) as part
join pg_catalog.pg_class c on c.relname = part[cardinality(part)] and c.relkind = 'S'
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where case when cardinality(part) = 1 then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = part[1] end
  and case when c.relkind = 'S' then not pg_catalog.has_sequence_privilege(c.oid, 'usage, update') end
