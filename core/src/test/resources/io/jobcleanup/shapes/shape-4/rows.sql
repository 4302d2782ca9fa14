select 'pool', u.email || ', ' || p.pool, concat_ws('/', p.credits, p.ceiling), p.updated_at > timezone('UTC', now()) - interval '1 minute'
from credit_pools p join users u on u.id = p.user_id
union all
select 'job', concat_ws(', ', scene, state, error_code), regexp_replace(coalesce(error, ''), '\d+s', 'Ns'),
       updated_at > timezone('UTC', now()) - interval '30 seconds'
from renders
union all
select 'charge', r.scene || ': ' || c.pool || ' ' || c.credits, c.status, false
from render_charges c join renders r on r.id = c.render_id
union all
select 'refund', r.scene || ': ' || f.pool || ' ' || f.credits, f.reason, f.created_at > timezone('UTC', now()) - interval '1 minute'
from render_refunds f join render_charges c on c.id = f.charge_id join renders r on r.id = c.render_id
order by 1, 2
