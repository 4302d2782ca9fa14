insert into wallet select 1000 + p, 'more ' || p, 100000, 0 from generate_series(0, 11) p;
insert into render_job
select 1000 + n, 'more ' || n % 12, case n % 2 when 0 then 'SMALL' else 'LARGE' end, 'IN_PROGRESS', null,
       now() - interval '1 hour' + n * interval '1 ms', now(), 1
from generate_series(0, :copies - 1) n;
insert into ledger_entry
select nextval('ledger_entry_seq'), owner, case job_type when 'SMALL' then -2 else -8 end,
       100000 - sum(case job_type when 'SMALL' then 2 else 8 end) over (partition by owner order by id), 'RENDER', id, now()
from render_job where owner like 'more %';
update wallet w set tokens = tokens + (select coalesce(sum(tokens), 0) from ledger_entry e where e.owner = w.owner) where owner like 'more %';
