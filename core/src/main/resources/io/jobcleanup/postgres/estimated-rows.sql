-- How many rows a table has, as the planner believes; its parts added up where it is partitioned.
-- :oid bigint
select greatest(0, coalesce(sum(greatest(c.reltuples, 0)), 0))
from pg_catalog.pg_class c
where c.oid = cast(:oid as oid) or c.oid in (select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = cast(:oid as oid))
