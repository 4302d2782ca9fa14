-- Reads rows as texts.
-- :n, :k0, … text[], numbers and keys
-- Index: the unique one on the key
select cast(<n> as int) as n, <columns>
from <line>
join <table> seen on <matching>
