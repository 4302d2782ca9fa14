-- Makes balance rows. One that somebody else made meanwhile is a collision.
-- :n, :m0_0, … text[], numbers, values that find the row, values
-- Index: the balance table's unique one
insert into <balances> as balance (<columns>)
select <values>
from <line>
order by cast(<n> as int)
returning <returned>
