select 'credits', u.name from users u
where u.name like 'more %'
  and u.credits <> 100000 - (select sum(g.cost) from generations g where g.user_id = u.id and g.status <> 'error')
union all
select 'refund', g.name from generations g left join job_cleanup.refund r on r.job_key = cast(g.id as text)
where g.name like 'more %' and (g.error like 'Job timed out%and tokens refunded.' and r.amount = g.cost and r.state = 'PAID') is not true
  and (g.error like 'Job timed out%' or r.state is not null)
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
