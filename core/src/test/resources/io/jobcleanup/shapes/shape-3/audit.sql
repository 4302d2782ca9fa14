select 'credits', p.username from profiles p
where p.username like 'more %' and p.credits <> (select sum(amount) from credit_transactions t where t.user_id = p.id)
union all
select 'job', g.prompt from generations g
where g.prompt like 'more %'
  and (select sum(amount) from credit_transactions t where t.generation_id = g.id) <> case g.status when 'failed' then 0 else -g.credits_cost end
union all
(select 'chain', user_id || ' ' || balance_after - amount from credit_transactions t join profiles p on p.id = t.user_id
 where p.username like 'more %' and t.type <> 'purchase'
 except all
 select 'chain', user_id || ' ' || balance_after from credit_transactions)
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
