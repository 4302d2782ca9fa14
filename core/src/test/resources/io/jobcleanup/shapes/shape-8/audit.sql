select 'tokens', w.owner from wallet w
where w.owner like 'more %' and w.tokens <> 100000 + (select sum(e.tokens) from ledger_entry e where e.owner = w.owner)
union all
select 'job', j.owner || ' ' || j.id from render_job j
where j.owner like 'more %'
  and (select sum(e.tokens) from ledger_entry e where e.job_id = j.id)
    <> case when j.status = 'FAILED' then 0 when j.job_type = 'SMALL' then -2 else -8 end
union all
(select 'chain', owner || ' ' || balance_after - tokens from ledger_entry where owner like 'more %'
 except all
 (select 'chain', owner || ' ' || balance_after from ledger_entry union all select 'chain', owner || ' 100000' from wallet))
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
