select 'pool', u.email || ' ' || p.pool from credit_pools p join users u on u.id = p.user_id
where u.email like 'more %' and p.credits <> 100000
  - (select coalesce(sum(c.credits), 0) from render_charges c where c.user_id = p.user_id and c.pool = p.pool)
  + (select coalesce(sum(f.credits), 0) from render_refunds f where f.user_id = p.user_id and f.pool = p.pool)
union all
select 'charge', r.scene || ' ' || c.pool
from render_charges c join renders r on r.id = c.render_id left join render_refunds f on f.charge_id = c.id
where r.scene like 'more %'
  and ((c.status = 'refunded') <> (f.id is not null) or f.credits <> c.credits
    or r.state <> 'error' and f.id is not null or r.error_code = 'TIMED_OUT' and f.id is null)
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
