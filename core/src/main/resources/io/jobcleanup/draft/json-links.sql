-- The keys in a JSON column whose values are keys of another table.
-- <column>: SQL over row r; <rows>: the table or a sample of it; <other>, <key>: the jobs, <typed>: the value as that key's type
select e.key as name, count(*) as found
from (select cast(<column> as jsonb) as j from <rows> r where jsonb_typeof(cast(<column> as jsonb)) = 'object' limit 2000) r
cross join jsonb_each_text(r.j) e
join <other> o on o.<key> = <typed>
where length(e.value) between 1 and 100
group by 1
order by 2 desc
limit 3
