select 'credits', a.name from accounts a
where a.name like 'more %' and a.credits <> 100000 + (select sum(amount) from credit_entries e where e.account_id = a.id)
union all
select 'job', r.title from renders r join credit_entries e on e.reference_type = 'Render' and e.reference_id = r.id
where r.title like 'more %' group by r.id
having sum(e.amount) <> case r.status when 3 then 0 else sum(e.amount) filter (where e.kind = 1) end
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
