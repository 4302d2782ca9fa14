-- Fails jobs that this transaction holds. What comes back tells whether the host let it happen.
-- :n, :k0, … text[], numbers, keys and values
-- Index: the job table's unique key
update <jobs> job
set <assignments>
from <line>
where <matching> and <status>
returning cast(<n> as int) as n, <written> as written
