-- The values of a column with how many rows have each, and how long ago the oldest of them began.
-- <column>, <since>: SQL over row r, the latter a timestamptz; <rows>: the table or a sample of it; reads it once
select cast(<column> as text) as value, count(*) as rows, extract(epoch from now() - min(<since>)) as oldest
from <rows> r
where <column> is not null
group by 1
order by 2 desc, 1
limit 41
