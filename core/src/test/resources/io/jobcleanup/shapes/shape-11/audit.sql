select 'job', p.id || ' ' || p.status || ' ' || sum(e.amount) from "Prediction" p join "CreditEntry" e on e.metadata ->> 'predictionId' = p.id
where p.id like 'more-%' group by p.id
having sum(e.amount) <> case when p.status in ('errored', 'canceled') then 0 else sum(e.amount) filter (where e.type = 'USAGE') end
    or count(*) filter (where e.type = 'USAGE') <> 1
union all
select 'settled again', job_key from job_cleanup.run_job group by job_key having count(*) > 1
