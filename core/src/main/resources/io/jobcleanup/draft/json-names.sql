-- The names in a JSON column whose values are numbers and that speak of a cost.
-- <column>: SQL over row r; <rows>: the table or a sample of it
select e.key as name, count(*) as found
from (select cast(<column> as jsonb) as j from <rows> r where jsonb_typeof(cast(<column> as jsonb)) = 'object' limit 2000) r
cross join jsonb_each(r.j) e
where jsonb_typeof(e.value) = 'number' and e.key ~* '^[a-z_]{2,40}$'
group by 1
order by 2 desc
limit 30
