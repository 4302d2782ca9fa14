-- Reads which rows have to be held besides the claimed jobs: one row per job and charge.
-- :k0, … text[], keys
-- Index: the job table's unique key; one on the charge table's job column
select wanted.n<columns>
from <wanted>
join <jobs> job on <keyed>
<charges>
