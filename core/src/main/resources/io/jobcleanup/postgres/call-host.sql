-- Has the host's own function give one line back.
-- :n, … text[], the line's values as far as the function takes them
select <expression> as answer
from <line>
<joins>
