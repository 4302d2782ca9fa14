-- The rows of a table that this transaction has added or changed: those that are seen, though what wrote them is still
-- under way.
-- :limit  int
select <columns>
from <table> seen
where cast(cast(seen.xmin as text) as bigint) >= cast(cast(pg_current_xact_id() as text) as bigint) & 4294967295
  and pg_xact_status(cast(cast(
        (cast(cast(pg_current_xact_id() as text) as bigint) >> 32 << 32) + cast(cast(seen.xmin as text) as bigint)
      as text) as xid8)) = 'in progress'
limit cast(:limit as int)
