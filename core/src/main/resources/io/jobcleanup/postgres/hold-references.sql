-- Locks rows that a foreign key will touch, as the foreign key itself would, but without waiting.
-- :r0, … text[], values of the columns referred to
-- Index: the unique one that the foreign key needs
select <columns>
from <line>
join <table> referenced on <matching>
for key share of referenced skip locked
