-- The kinds of rows of a ledger, by sign, how many of them are some job's, and how many belong to jobs that ended badly.
-- <kind>, <amount>: SQL over row t; <rows>: the table or a sample of it; <jobs>, <link>: the job of a row
select cast(<kind> as text) as kind, sign(<amount>) as sign, count(*) as rows, count(job.<key>) as linked,
       count(*) filter (where <bad>) as bad
from <rows> t
left join <jobs> job on <link>
group by 1, 2
order by 4 desc, 3 desc
limit 60
