-- Locks jobs until the transaction ends, those that meet a condition in their newest version. Rows that another session
-- holds are skipped, so two runs never hold the same job, and no session waits for us while we wait for it.
-- :k0, … text[], keys
-- :cut   text, a moment with zone: what began then or earlier is stuck
-- Index: the job table's unique key
select wanted.n<columns>
from <wanted>
join <jobs> job on <keyed>
where <condition>
for no key update of job skip locked
