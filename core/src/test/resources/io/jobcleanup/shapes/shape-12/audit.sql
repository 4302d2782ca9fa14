select 'credits', a.email from accounts a
where a.email like 'more %' and a.credits <> 100000 + (select sum(amount) from credit_log l where l.user_id = a.user_id)
union all
select 'job', e.file_name || ' ' || e.status || ' ' || sum(l.amount) from enhancements e join credit_log l on l.job_id = e.id
where e.file_name like 'more %' group by e.id
having case e.status when 'failed' then sum(l.amount) <> 0 when 'processing' then sum(l.amount) <> -e.credits
  else sum(l.amount) not in (0, -e.credits) end
union all
(select 'chain', l.user_id || ' ' || balance_after - amount from credit_log l join accounts a using (user_id) where a.email like 'more %'
 except all
 (select 'chain', user_id || ' ' || balance_after from credit_log union all select 'chain', user_id || ' 100000' from accounts))
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
