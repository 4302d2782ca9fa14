select 'used', w.slug from workspaces w
where w.slug like 'more %' and w.used_credits <>
  (select sum(t.credits) from transcriptions t join members m using (user_id)
   where m.workspace_id = w.id and t.status not in ('error', 'canceled'))
union all
select 'refund', t.title from transcriptions t left join job_cleanup.refund r on r.job_key = cast(t.id as text)
where t.title like 'more %' and (t.status = 'error') <> (r.state is not distinct from 'PAID' and r.amount = t.credits)
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
