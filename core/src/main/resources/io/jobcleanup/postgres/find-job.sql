-- Finds a job by its key.
-- :k0, … text, the key
-- Index: the job table's unique key
select <key>
from <jobs> job
where <keyed>
