-- Holds: a job reserves credits and takes them when it is done. Nothing was taken from a stuck one; what it reserved is freed.
create table wallets (
  id uuid primary key default gen_random_uuid(),
  organization text not null unique,
  credits int not null check (credits >= 0),
  updated_at timestamptz not null);
create table exports (
  id uuid primary key default gen_random_uuid(),
  wallet_id uuid not null references wallets,
  name text not null unique,
  status varchar(20) not null check (status in ('PENDING', 'RUNNING', 'CANCEL_REQUESTED', 'SUCCEEDED', 'INTERRUPTED')),
  message text,
  heartbeat_at timestamptz,
  created_at timestamptz not null);
create table reservations (
  id uuid primary key default gen_random_uuid(),
  wallet_id uuid not null references wallets,
  export_id uuid not null references exports,
  credits int not null check (credits > 0),
  status text not null default 'held' check (status in ('held', 'captured', 'released')),
  created_at timestamptz not null,
  closed_at timestamptz,
  constraint closed_when_not_held check ((status = 'held') = (closed_at is null)));
create index on reservations (export_id);

insert into wallets (organization, credits, updated_at) values ('acme', 100, '2026-01-01'), ('globex', 20, '2026-01-01');
insert into exports (wallet_id, name, status, heartbeat_at, created_at)
select w.id, e.name, e.status, now() - e.beat, now() - e.age
from (values
  ('stuck, holding', 'acme', 'RUNNING', interval '1 hour', interval '3 hours'),
  ('stuck, holding twice', 'acme', 'RUNNING', interval '2 hours', interval '3 hours'),
  ('stuck, never a heartbeat', 'globex', 'RUNNING', null, interval '1 hour'),
  ('stuck while it was being canceled', 'globex', 'CANCEL_REQUESTED', interval '1 hour', interval '4 hours'),
  ('stuck, captured already', 'globex', 'RUNNING', interval '1 hour', interval '5 hours'),
  ('stuck, released already', 'globex', 'RUNNING', interval '1 hour', interval '5 hours'),
  ('stuck, holding nothing', 'globex', 'RUNNING', interval '1 hour', interval '6 hours'),
  ('working for a long time', 'globex', 'RUNNING', interval '5 seconds', interval '9 hours'),
  ('waiting for a worker', 'globex', 'PENDING', null, interval '9 days'),
  ('done', 'globex', 'SUCCEEDED', interval '1 day', interval '2 days')) as e(name, organization, status, beat, age)
join wallets w on w.organization = e.organization;
insert into reservations (wallet_id, export_id, credits, status, created_at, closed_at)
select e.wallet_id, e.id, r.credits, r.status, '2026-01-01', case when r.status <> 'held' then timestamptz '2026-01-02' end
from (values
  ('stuck, holding', 10, 'held'),
  ('stuck, holding twice', 4, 'held'), ('stuck, holding twice', 5, 'held'), ('stuck, holding twice', 6, 'released'),
  ('stuck, never a heartbeat', 3, 'held'), ('stuck while it was being canceled', 2, 'held'),
  ('stuck, captured already', 7, 'captured'), ('stuck, released already', 8, 'released'),
  ('working for a long time', 9, 'held'), ('waiting for a worker', 1, 'held'), ('done', 11, 'captured'))
  as r(name, credits, status)
join exports e on e.name = r.name;
