select 'credits', w.organization from wallets w
where w.organization like 'more %'
  and w.credits <> 100000 - (select coalesce(sum(credits), 0) from reservations r where r.wallet_id = w.id and r.status = 'captured')
union all
select 'reservation', e.name from exports e join reservations r on r.export_id = e.id
where e.name like 'more %'
  and r.status <> case e.status when 'SUCCEEDED' then 'captured' when 'INTERRUPTED' then 'released' else 'held' end
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
