-- Charges by pool: free credits are taken first, then paid ones, a row for each; balances by user and pool; a refund row for
-- each charge row; the charge says whether it was given back. Free pools are deleted when they expire.
create table users (id serial primary key, email text not null unique);
create table credit_pools (
  user_id int not null references users on delete cascade,
  pool text not null check (pool in ('free', 'paid')),
  credits int not null check (credits >= 0),
  ceiling int,
  updated_at timestamp not null,
  primary key (user_id, pool));
create type render_state as enum ('created', 'claimed', 'rendering', 'encoding', 'finished', 'error');
create table renders (
  id uuid primary key default gen_random_uuid(),
  user_id int not null references users,
  scene text not null unique,
  state render_state not null default 'created',
  error_code text,
  error text,
  claimed_at timestamp,
  created_at timestamp not null,
  updated_at timestamp not null);
create table render_charges (
  id bigserial primary key,
  render_id uuid not null references renders,
  user_id int not null references users,
  pool text not null check (pool in ('free', 'paid')),
  credits int not null check (credits > 0),
  status text not null default 'taken' check (status in ('taken', 'refunded')),
  created_at timestamp not null);
create index on render_charges (render_id);
create table render_refunds (
  id bigserial primary key,
  charge_id bigint not null unique references render_charges,
  user_id int not null references users,
  pool text not null,
  credits int not null check (credits > 0),
  reason text not null,
  created_at timestamp not null default timezone('UTC', now()));

insert into users (email) values ('ada'), ('bob'), ('eve'), ('joe');
insert into credit_pools (user_id, pool, credits, ceiling, updated_at)
select u.id, p.pool, p.credits, p.ceiling, '2026-01-01'
from (values
  ('ada', 'free', 0, 50), ('ada', 'paid', 100, null), ('bob', 'paid', 7, null), ('eve', 'free', 48, 50), ('eve', 'paid', 9, null),
  ('joe', 'free', 1, 50), ('joe', 'paid', 0, null)) as p(email, pool, credits, ceiling)
join users u on u.email = p.email;
insert into renders (user_id, scene, state, claimed_at, created_at, updated_at)
select u.id, r.scene, cast(r.state as render_state), timezone('UTC', now() - r.claimed),
       timezone('UTC', now() - interval '9 days'), timezone('UTC', now() - r.updated)
from (values
  ('stuck, charged to both pools', 'ada', 'rendering', interval '2 hours', interval '2 hours'),
  ('stuck, charged to the paid pool', 'ada', 'encoding', interval '1 hour', interval '1 minute'),
  ('stuck, free pool expired', 'bob', 'rendering', interval '3 hours', interval '3 hours'),
  ('stuck, free pool nearly full', 'eve', 'claimed', interval '4 hours', interval '4 hours'),
  ('stuck, one of two given back', 'joe', 'rendering', interval '5 hours', interval '5 hours'),
  ('stuck, given back without a mark', 'joe', 'rendering', interval '6 hours', interval '6 hours'),
  ('stuck, never charged', 'joe', 'claimed', null, interval '7 hours'),
  ('working', 'joe', 'rendering', interval '1 minute', interval '1 minute'),
  ('waiting for a worker', 'joe', 'created', null, interval '9 days'),
  ('finished', 'joe', 'finished', interval '1 day', interval '1 day')) as r(scene, email, state, claimed, updated)
join users u on u.email = r.email;
insert into render_charges (render_id, user_id, pool, credits, status, created_at)
select r.id, r.user_id, c.pool, c.credits, c.status, '2026-01-01'
from (values
  (1, 'stuck, charged to both pools', 'free', 3, 'taken'), (2, 'stuck, charged to both pools', 'paid', 17, 'taken'),
  (3, 'stuck, charged to the paid pool', 'paid', 20, 'taken'),
  (4, 'stuck, free pool expired', 'free', 10, 'taken'), (5, 'stuck, free pool expired', 'paid', 1, 'taken'),
  (6, 'stuck, free pool nearly full', 'free', 10, 'taken'),
  (7, 'stuck, one of two given back', 'free', 4, 'refunded'), (8, 'stuck, one of two given back', 'paid', 6, 'taken'),
  (9, 'stuck, given back without a mark', 'paid', 5, 'taken'),
  (10, 'working', 'paid', 5, 'taken'), (11, 'finished', 'paid', 5, 'taken')) as c(n, scene, pool, credits, status)
join renders r on r.scene = c.scene
order by c.n;
insert into render_refunds (charge_id, user_id, pool, credits, reason, created_at)
select c.id, c.user_id, c.pool, c.credits, 'support', '2026-01-02'
from render_charges c join renders r on r.id = c.render_id
where c.status = 'refunded' or r.scene = 'stuck, given back without a mark';
