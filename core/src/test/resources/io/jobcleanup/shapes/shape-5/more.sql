insert into accounts (name, credits, updated_at) select 'more ' || p, 100000, '2026-01-01' from generate_series(0, 11) p;
insert into renders (account_id, title, status, started_at, created_at, updated_at)
select a.id, 'more ' || n, 1, timezone('America/New_York', now() - interval '1 hour' + n * interval '1 ms'), '2026-01-01', '2026-01-01'
from generate_series(0, :copies - 1) n join accounts a on a.name = 'more ' || n % 12;
insert into credit_entries (account_id, kind, amount, reference_type, reference_id, created_at, updated_at)
select account_id, 1, -1 - id % 5, 'Render', id, '2026-01-01', '2026-01-01' from renders where title like 'more %';
update accounts a set credits = credits + (select coalesce(sum(amount), 0) from credit_entries e where e.account_id = a.id) where name like 'more %';
