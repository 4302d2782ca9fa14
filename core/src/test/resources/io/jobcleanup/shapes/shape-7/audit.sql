with sums as (
  select "user", task, coalesce(sum(quota) filter (where type = 2), 0) as taken, coalesce(sum(quota) filter (where type = 6), 0) as given
  from log where "group" = 'more' group by 1, 2)
select 'quota', u.username from "user" u
where u."group" = 'more' and (u.quota, u.used_quota) <>
  (select 100000 - sum(taken) + sum(given), sum(taken) - sum(given) from sums where sums."user" = u.id)
union all
select 'job', t.action from task t join sums s on s.task = t.id
where (s.given <> 0 and s.given <> t.quota) or (t.status = 'FAILURE' and s.given = 0) or (t.status = 'IN_PROGRESS' and s.given <> 0)
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
