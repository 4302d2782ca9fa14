-- How many rows of each status have each of some columns filled, and the one value if they all have the same.
-- <status>: SQL over row r; <columns>: their counts as a select list; <rows>: the table or a sample of it; reads it once
select cast(<status> as text) as value, count(*) as rows<columns>
from <rows> r
group by 1
