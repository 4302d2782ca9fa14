with jobs as (
  select 'images' as type, cast(id as text), prompt, state, refunded_at, cast(params ->> 'credits' as int) as credits, 1 as charges
  from images where prompt like 'more %'
  union all
  select 'videos', cast(id as text), prompt, state, refunded_at, cast(params ->> 'credits' as int), charge_no
  from videos where prompt like 'more %')
select 'credits', a.name from accounts a
where a.name like 'more %' and a.credits <> 100000 + (select sum(delta) from credit_ledger l where l.account_id = a.id)
union all
select 'spent', t.name from teams t
where t.name like 'more %' and t.spent <> (select sum(credits) from team_spendings s where s.team_id = t.id)
union all
-- A mark stands for all that was taken; without one, the last charge is still to be given back.
select 'job', concat_ws(' ', j.type, j.id, j.prompt, j.state, j.refunded_at, sum(l.delta))
from jobs j join credit_ledger l on l.subject_type = j.type and l.subject_id = j.id
group by j.type, j.id, j.prompt, j.state, j.refunded_at, j.credits, j.charges
having sum(l.delta) filter (where l.delta < 0) <> -j.credits * j.charges
    or sum(l.delta) <> case when j.refunded_at is null then -j.credits else 0 end
    or j.state = 'running' and j.refunded_at is not null
union all
select 'timed out without a mark', prompt from (
  select prompt, error, refunded_at from images union all select prompt, error, refunded_at from videos) j
where prompt like 'more %' and error ->> 'code' = 'timeout' and refunded_at is null
union all
(select 'chain', account_id || ' ' || balance_after - delta from credit_ledger where account_id >= 100
 except all
 (select 'chain', account_id || ' ' || balance_after from credit_ledger union all select 'chain', id || ' 100000' from accounts))
union all
select 'settled again', r.job_key from job_cleanup.run_job r left join videos v on r.job_table = 'public.videos' and r.job_key = cast(v.id as text)
group by r.job_table, r.job_key, v.charge_no having count(*) > coalesce(v.charge_no, 1)
