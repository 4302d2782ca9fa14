-- A credit counter on users, a text status with two ways of being worked on, only created_at, the cost on the job, no ledger.
create table users (id uuid primary key, name text not null unique, credits int not null);
create table generations (
  id uuid primary key default gen_random_uuid(),
  name text not null unique,
  user_id uuid not null references users,
  status text not null check (status in ('queued', 'running', 'uploading', 'succeeded', 'error')),
  cost int not null,
  error text,
  created_at timestamptz not null);

insert into users values
  (gen_random_uuid(), 'ada', 5), (gen_random_uuid(), 'bob', 0), (gen_random_uuid(), 'eve', 7);
insert into generations (name, user_id, status, cost, created_at)
select g.name, u.id, g.status, g.cost, now() - g.age
from (values
  ('stuck while running', 'ada', 'running', 3, interval '3 hours'),
  ('stuck while uploading', 'ada', 'uploading', 4, interval '21 minutes'),
  ('stuck and free', 'bob', 'running', 0, interval '2 days'),
  ('waiting for a long time', 'eve', 'queued', 9, interval '5 days'),
  ('running for a short time', 'eve', 'running', 9, interval '19 minutes'),
  ('done', 'eve', 'succeeded', 9, interval '1 day'),
  ('failed before', 'eve', 'error', 9, interval '1 day')) as g(name, payer, status, cost, age)
join users u on u.name = g.payer;
