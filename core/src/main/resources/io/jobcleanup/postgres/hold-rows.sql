-- Locks rows that nobody holds until the transaction ends: balances, and charges that are to be marked. Without waiting: a
-- host that locks them first and then the job would otherwise wait for us while we wait for it.
-- :m0_0, :c0, … text[], values of the columns that find the row
-- Index: the table's unique one on these columns
select <columns>
from <line>
join <table> held on <matching>
for no key update of held skip locked
