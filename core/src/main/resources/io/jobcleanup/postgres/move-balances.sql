-- Moves balances that this transaction holds to what they shall be. What comes back is compared with that.
-- :n, :m0, …, :a0, … text[], numbers, values that find the row, new contents
-- Index: the balance table's unique one
update <balances> written
set <assignments>
from <line>
where <matching>
returning cast(<n> as int) as n, <returned>
