insert into accounts select gen_random_uuid(), 'more ' || p, 100000 from generate_series(0, 11) p;
insert into enhancements (user_id, file_name, status, credits, started_at)
select a.user_id, 'more ' || n, 'processing', 1 + n % 5, now() - interval '1 hour' + n * interval '1 ms'
from generate_series(0, :copies - 1) n join accounts a on a.email = 'more ' || n % 12;
insert into credit_log (user_id, job_id, amount, reason, balance_after)
select user_id, id, -credits, 'spend',
       100000 - sum(credits) over (partition by user_id order by started_at)
from enhancements where file_name like 'more %';
update accounts a set credits = credits + (select coalesce(sum(amount), 0) from credit_log l where l.user_id = a.user_id) where email like 'more %';
