-- The forms of a text column's values that hold a key of another table between separators.
-- <column>: SQL over row r; <rows>: the table or a sample of it; <other>, <key>: the jobs, <typed>: the part as that key's type
select replace(r.v, p.value, '{id}') as form, count(*) as found
from (select <column> as v from <rows> r where length(<column>) between 3 and 200 limit 2000) r
cross join regexp_split_to_table(r.v, '[:/|#]') as p(value)
join <other> o on o.<key> = <typed>
where p.value <> '' and p.value <> r.v
group by 1
order by 2 desc
limit 8
