select 'user', username, quota || ', used ' || used_quota from "user"
union all
select 'job', concat_ws(', ', action, status, progress),
       case when finish_time = 0 then 'never' when finish_time > extract(epoch from now() - interval '1 minute') * 1000 then 'now' else 'before' end
from task
union all
select 'log', concat_ws(', ', l."user", l."group", l.type, l.quota, t.action),
       left(l."desc", 6) || ' ' || length(l."desc") || case when l."when" > extract(epoch from now() - interval '1 minute') then ', now' else '' end
from log l left join task t on t.id = l.task
order by 1, 2
