insert into wallets (organization, credits, updated_at) select 'more ' || p, 100000, '2026-01-01' from generate_series(0, 11) p;
insert into exports (wallet_id, name, status, heartbeat_at, created_at)
select w.id, 'more ' || n, 'RUNNING', now() - interval '1 hour' + n * interval '1 ms', '2026-01-01'
from generate_series(0, :copies - 1) n join wallets w on w.organization = 'more ' || n % 12;
insert into reservations (wallet_id, export_id, credits, created_at)
select wallet_id, id, 3, '2026-01-01' from exports where name like 'more %';
