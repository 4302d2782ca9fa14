-- Works out a mapping's expressions for some lines, before anything is written.
-- :n, … text[], the lines' values as far as the expressions name them
select <expressions>
from <line>
<joins>
order by cast(<n> as int)
