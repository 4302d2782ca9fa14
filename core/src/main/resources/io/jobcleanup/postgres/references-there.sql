-- Which rows that a foreign key will touch are there at all: those that couldn't be locked are held by somebody.
-- :r0, … text[], values of the columns referred to
-- Index: the unique one that the foreign key needs
select <columns>
from <line>
join <table> referenced on <matching>
