-- Counts the stuck jobs of one range: several ranges in one condition would read every job in process.
-- :cut    text, a moment with zone: what began then or earlier is stuck
-- :limit  bigint, where to stop counting
-- Index: the partial one on the since column where the status is a processing one
select count(*)
from (
  select from <jobs> job
  where <status> and <range> and <where> and <not_refused>
  limit cast(:limit as bigint)
) stuck
