-- How many of some rows' values are keys of another table.
-- <value>: SQL over row r; <rows>: the table or a sample of it; <other>, <key>: where they should be. Index: the key's own
select count(*) as rows, count(o.<key>) as found
from (select <value> as v from <rows> r where <condition> limit 2000) r
left join <other> o on o.<key> = r.v
