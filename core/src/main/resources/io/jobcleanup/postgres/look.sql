-- Reads all that a verdict about some jobs needs, one row per job and charge. Begun after the locks were taken, so that it
-- sees what the host committed while we waited or were passed by.
-- :k0, … text[], keys
-- :cut   text, a moment with zone: what began then or earlier is stuck
-- Index: the job table's unique key; one on the charge table's job column; what the mapping's expressions want
select wanted.n, (select clock_timestamp()) as now,
       <columns>
from <wanted>
join <jobs> job on <keyed>
<charges>
<balances>
order by <order>
