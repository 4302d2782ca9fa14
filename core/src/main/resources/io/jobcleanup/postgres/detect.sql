-- Finds stuck jobs of one source, oldest first, without locking them.
-- :cut       text, a moment with zone: what began then or earlier is stuck
-- :limit     int, jobs
-- :position  text, where an earlier page ended; with :k0 and so on, the key there
-- Index: the partial one on the since column where the status is a processing one
select <columns>
from <jobs> job
where <status> and <range> and <where> and <not_refused> and <after>
order by <order>
limit cast(:limit as int)
