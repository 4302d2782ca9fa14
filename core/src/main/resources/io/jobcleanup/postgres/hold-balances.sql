-- Locks balance rows that nobody holds until the transaction ends. Without waiting: a host that locks the balance first and
-- then the job would otherwise wait for us while we wait for it.
-- :m0, … text[], values of the columns that find the row
-- Index: the balance table's unique one on these columns
select <columns>
from <line>
join <table> balance on <matching>
for no key update of balance skip locked
