-- Inserts ledger rows in the order of the lines, so that what comes back has that order too.
-- :n, … text[], numbers and values
insert into <ledger> (<columns>)
select <values>
from <line>
order by cast(<n> as int)
returning <returned>
