-- How long completed jobs took, in seconds.
-- <from>, <to>: timestamptz over row r; <completed>: which rows; <rows>: the table or a sample of it; reads it once
select count(*) as rows,
       percentile_cont(0.99) within group (order by extract(epoch from <to> - <from>)) as most
from <rows> r
where <completed> and <to> >= <from>
