-- Inserts ledger rows, or balance rows that are made, in the order of the lines, so that what comes back has that order too.
-- :n, … text[], numbers and values
insert into <table> as written (<columns>)
select <values>
from <line>
order by cast(<n> as int)
returning <returned>
