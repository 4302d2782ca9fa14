-- Makes balance rows. One that somebody else made meanwhile stays as it is, and doesn't come back.
-- :n, :m0_0, … text[], numbers, values that find the row, values
-- Index: the balance table's unique one
insert into <balances> as balance (<columns>)
select <values>
from <line>
order by cast(<n> as int)
on conflict do nothing
returning <returned>
