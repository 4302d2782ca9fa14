-- Marks jobs or charges that this transaction holds as given back.
-- :k0, :c0, … text[], keys and values
-- Index: the table's unique key
update <table> <alias>
set <assignments>
from <line>
where <matching>
