-- Two job tables over one balance and one ledger; costs and errors in JSON; a mark on the job that the host's own sweep
-- looks at; a team has a budget besides; a video may be charged and run again in the same row, and its time depends on its
-- length.
create table teams (id int primary key, name text not null unique, spent int not null, updated_at timestamptz not null);
create table accounts (id int primary key, name text not null unique, credits int not null, updated_at timestamptz not null);
create table images (
  id uuid primary key default gen_random_uuid(),
  account_id int not null references accounts,
  team_id int references teams,
  prompt text not null unique,
  state text not null,
  params jsonb not null,
  error jsonb,
  started_at timestamptz,
  finished_at timestamptz,
  refunded_at timestamptz,
  deleted_at timestamptz);
create table videos (
  id bigint generated always as identity primary key,
  account_id int not null references accounts,
  prompt text not null unique,
  state text not null,
  seconds int not null,
  params jsonb not null,
  charge_no int not null default 1,
  error jsonb,
  started_at timestamptz not null,
  finished_at timestamptz,
  refunded_at timestamptz);
create table credit_ledger (
  id bigint generated always as identity primary key,
  account_id int not null references accounts,
  delta int not null,
  balance_after int not null,
  reason text not null,
  subject_type text not null check (subject_type in ('images', 'videos', 'plan')),
  subject_id text,
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now());
create table team_spendings (
  id bigint generated always as identity primary key,
  team_id int not null references teams,
  image_id uuid not null references images,
  credits int not null);

insert into teams values (1, 'blue', 100, '2026-01-01'), (2, 'red', 2, '2026-01-01');
insert into accounts values (1, 'ada', 100, '2026-01-01'), (2, 'bob', 50, '2026-01-01'), (3, 'eve', 30, '2026-01-01');
insert into credit_ledger (account_id, delta, balance_after, reason, subject_type, created_at)
select id, credits, credits, 'grant', 'plan', '2026-01-01' from accounts;
insert into images (account_id, team_id, prompt, state, params, started_at, refunded_at, deleted_at)
select a.id, i.team, i.prompt, i.state, cast(i.params as jsonb), now() - i.age, now() - i.refunded, now() - i.deleted
from (values
  ('stuck, charged', 'ada', null, 'running', '{"credits": 4}', interval '1 hour', null, null),
  ('stuck, charged to a team', 'ada', 1, 'running', '{"credits": 6, "model": "xl"}', interval '2 hours', null, null),
  ('stuck, charged to a team with a new budget', 'ada', 2, 'upscaling', '{"credits": 3}', interval '3 hours', null, null),
  ('stuck, given back by the host', 'bob', 1, 'running', '{"credits": 5}', interval '4 hours', interval '1 hour', null),
  ('stuck, free', 'bob', null, 'running', '{"credits": 0}', interval '4 hours', null, null),
  ('stuck, no price', 'bob', null, 'running', '{}', interval '4 hours', null, null),
  ('stuck, unreadable price', 'bob', null, 'running', '{"credits": "two"}', interval '4 hours', null, null),
  ('deleted while it was running', 'bob', null, 'running', '{"credits": 7}', interval '4 hours', null, interval '3 hours'),
  ('working', 'bob', null, 'running', '{"credits": 8}', interval '1 minute', null, null),
  ('waiting for a worker', 'bob', null, 'queued', '{"credits": 9}', null, null, null),
  ('done', 'bob', null, 'ready', '{"credits": 9}', interval '4 hours', null, null))
  as i(prompt, name, team, state, params, age, refunded, deleted)
join accounts a on a.name = i.name;
insert into videos (account_id, prompt, state, seconds, params, charge_no, started_at, refunded_at)
select a.id, v.prompt, v.state, v.seconds, cast(v.params as jsonb), v.charge_no, now() - v.age, now() - v.refunded
from (values
  ('stuck, charged', 'ada', 'running', 30, '{"credits": 20}', 1, interval '26 minutes', null),
  ('stuck, charged again after a refund', 'eve', 'running', 10, '{"credits": 11}', 2, interval '1 hour', null),
  ('stuck, given back by the host', 'eve', 'running', 10, '{"credits": 13}', 1, interval '1 hour', interval '1 minute'),
  ('working on a long one', 'eve', 'running', 60, '{"credits": 17}', 1, interval '39 minutes', null),
  ('waiting for a person', 'eve', 'in_moderation', 10, '{"credits": 1}', 1, interval '9 days', null),
  ('done', 'eve', 'ready', 10, '{"credits": 1}', 1, interval '9 days', null))
  as v(prompt, name, state, seconds, params, charge_no, age, refunded)
join accounts a on a.name = v.name;
insert into team_spendings (team_id, image_id, credits)
select team_id, id, cast(params ->> 'credits' as int) from images where team_id is not null;
