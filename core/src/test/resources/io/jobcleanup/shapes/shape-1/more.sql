insert into users select gen_random_uuid(), 'more ' || p, 100000 from generate_series(0, 11) p;
insert into generations (name, user_id, status, cost, created_at)
select 'more ' || n, u.id, case n % 2 when 0 then 'running' else 'uploading' end, 1 + n % 5, now() - interval '1 hour' + n * interval '1 ms'
from generate_series(0, :copies - 1) n join users u on u.name = 'more ' || n % 12;
update users u set credits = credits - coalesce((select sum(cost) from generations g where g.user_id = u.id), 0) where name like 'more %';
