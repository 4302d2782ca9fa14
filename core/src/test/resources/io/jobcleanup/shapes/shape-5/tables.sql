-- Rails: numbers for status and kind, bigserial keys, New York's wall clock, a polymorphic reference, the balance on accounts.
create table accounts (id bigserial primary key, name text not null unique, credits int not null default 0,
  updated_at timestamp not null);
create table renders (
  id bigserial primary key,
  account_id bigint not null references accounts,
  title text not null,
  status int not null default 0,
  failure_reason text,
  started_at timestamp,
  created_at timestamp not null,
  updated_at timestamp not null);
create table credit_entries (
  id bigserial primary key,
  account_id bigint not null references accounts,
  kind int not null,
  amount int not null,
  reference_type text,
  reference_id bigint,
  created_at timestamp not null,
  updated_at timestamp not null);
create index on credit_entries (reference_id, reference_type);

insert into accounts (name, credits, updated_at)
values ('acme', 80, '2026-01-01'), ('globex', 50, '2026-01-01');
insert into renders (account_id, title, status, started_at, created_at, updated_at)
select a.id, r.title, r.status, (now() - r.started) at time zone 'America/New_York',
       (now() - interval '3 days') at time zone 'America/New_York',
       (now() - r.updated) at time zone 'America/New_York'
from (values
  (1, 'stuck, charged', 'acme', 1, interval '3 hours', interval '3 hours'),
  (2, 'stuck, charged twice', 'acme', 1, interval '4 hours', interval '1 minute'),
  (3, 'stuck, never started', 'globex', 1, null, interval '6 hours'),
  (4, 'stuck, given back by hand', 'globex', 1, interval '5 hours', interval '5 hours'),
  (5, 'stuck, never charged', 'globex', 1, interval '5 hours', interval '5 hours'),
  (6, 'fresh', 'globex', 1, interval '2 minutes', interval '2 minutes'),
  (7, 'fresh in spite of an old start elsewhere', 'globex', 1, null, interval '2 minutes'),
  (8, 'waiting', 'globex', 0, null, interval '3 days'),
  (9, 'done', 'globex', 2, interval '1 day', interval '1 day')) as r(n, title, payer, status, started, updated)
join accounts a on a.name = r.payer
order by r.n;
insert into credit_entries (account_id, kind, amount, reference_type, reference_id, created_at, updated_at)
select r.account_id, e.kind, e.amount, e.type, r.id, '2026-01-01', '2026-01-01'
from (values
  (1, 'stuck, charged', 1, -20, 'Render'),
  (2, 'stuck, charged twice', 1, -10, 'Render'),
  (3, 'stuck, charged twice', 1, -7, 'Render'),
  (4, 'stuck, never started', 1, -5, 'Render'),
  (5, 'stuck, given back by hand', 1, -6, 'Render'),
  (6, 'stuck, given back by hand', 2, 6, 'Render'),
  (7, 'stuck, never charged', 1, -99, 'Upscale'),
  (8, 'fresh', 1, -3, 'Render'),
  (9, 'done', 1, -3, 'Render')) as e(n, title, kind, amount, type)
join renders r on r.title = e.title
order by e.n;
