-- Where the ledger rows of some payers don't follow from each other: what rows left behind and no row began with (surplus above 0),
-- and what rows began with and none left behind (below 0), each with one such row.
-- :payers text[]
-- Index: one on the ledger's payer; else all of the ledger
with entries as materialized (
  select wanted.payer, <key> as key, cast(<after> as numeric) as left_behind, cast(<before> as numeric) as began_with
  from unnest(cast(:payers as text[])) as wanted(payer)
  join <ledger> entry on <matching>
  where <after> is not null),
ends as (
  select payer, key, left_behind as value, 1 as n from entries
  union all
  select payer, key, began_with, -1 from entries)
select payer, value, sum(n) as surplus, min(key collate "C") filter (where n = 1) as left_by,
       min(key collate "C") filter (where n = -1) as begun_by
from ends
group by payer, value
having sum(n) <> 0
order by payer collate "C", value
