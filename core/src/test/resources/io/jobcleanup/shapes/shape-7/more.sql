insert into "user" (id, username, "group", quota, used_quota) select 1000 + p, 'more ' || p, 'more', 100000, 0 from generate_series(0, 11) p;
insert into task ("user", "group", action, status, quota, submit_time, start_time)
select 1000 + n % 12, 'more', 'more ' || n, 'IN_PROGRESS', 1 + n % 5, 1767225600 + n, extract(epoch from now() - interval '1 hour')
from generate_series(0, :copies - 1) n;
create index on task (action);
insert into log ("user", "group", type, quota, "desc", task, "when")
select "user", "group", 2, quota, 'task', id, submit_time from task where "group" = 'more';
update "user" u set quota = quota - s.sum, used_quota = s.sum
from (select "user", sum(quota) from task where "group" = 'more' group by 1) s where u.id = s."user";
