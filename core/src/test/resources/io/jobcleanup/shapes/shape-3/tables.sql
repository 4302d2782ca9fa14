-- Supabase: uuid keys, credits on profiles, row-level security, updated_at kept by a trigger, a ledger with balance_after
-- and an idempotency key.
create type generation_status as enum ('pending', 'processing', 'completed', 'failed', 'canceled');
create table profiles (
  id uuid primary key default gen_random_uuid(),
  username text not null unique,
  credits integer not null default 0 check (credits >= 0),
  updated_at timestamptz not null default now());
create table generations (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references profiles on delete cascade,
  prompt text not null unique,
  status generation_status not null default 'pending',
  credits_cost integer not null default 0,
  error_message text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now());
create table credit_transactions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references profiles on delete cascade,
  generation_id uuid references generations on delete set null,
  type text not null check (type in ('purchase', 'usage', 'refund')),
  amount integer not null check (amount <> 0),
  balance_after integer not null,
  description text not null,
  idempotency_key text not null unique,
  created_at timestamptz not null default now());
create index credit_transactions_generation_id_idx on credit_transactions (generation_id);

create function set_updated_at() returns trigger language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end $$;
create trigger profiles_updated_at before update on profiles for each row execute function set_updated_at();
create trigger generations_updated_at before update on generations for each row execute function set_updated_at();

-- Who is signed in, as the API tells the database with each request.
create function uid() returns uuid language sql stable
  as $$ select cast(nullif(current_setting('request.jwt.claim.sub', true), '') as uuid) $$;
alter table profiles enable row level security;
alter table generations enable row level security;
alter table credit_transactions enable row level security;
create policy "own profile" on profiles for select using (id = uid());
create policy "own generations" on generations for select using (user_id = uid());
create policy "ask for a generation" on generations for insert with check (user_id = uid() and status = 'pending');
create policy "own transactions" on credit_transactions for select using (user_id = uid());

insert into profiles (username, credits, updated_at) values
  ('ada', 45, '2026-01-01'), ('bob', 33, '2026-01-01'), ('eve', 4, '2026-01-01');
insert into generations (user_id, prompt, status, credits_cost, created_at, updated_at)
select p.id, g.prompt, cast(g.status as generation_status), g.cost, now() - interval '1 day', now() - g.age
from (values
  ('stuck, charged', 'ada', 'processing', 10, interval '3 hours'),
  ('stuck, charged too', 'ada', 'processing', 5, interval '2 hours'),
  ('stuck, charged for a try and a retry', 'bob', 'processing', 4, interval '4 hours'),
  ('stuck, given back by the host', 'bob', 'processing', 8, interval '5 hours'),
  ('stuck, given back in part', 'eve', 'processing', 10, interval '5 hours'),
  ('stuck, never charged', 'eve', 'processing', 10, interval '6 hours'),
  ('working', 'eve', 'processing', 10, interval '1 minute'),
  ('waiting for a worker', 'eve', 'pending', 10, interval '2 days'),
  ('done', 'eve', 'completed', 10, interval '1 day'),
  ('canceled', 'eve', 'canceled', 10, interval '1 day')) as g(prompt, username, status, cost, age)
join profiles p on p.username = g.username;
insert into credit_transactions (user_id, type, amount, balance_after, description, idempotency_key, created_at)
select p.id, 'purchase', t.credits, t.credits, 'Starter pack', 'purchase:' || t.username, '2026-01-01'
from (values ('ada', 60), ('bob', 40), ('eve', 30)) as t(username, credits) join profiles p on p.username = t.username;
insert into credit_transactions
  (user_id, generation_id, type, amount, balance_after, description, idempotency_key, created_at)
select g.user_id, g.id, t.type, t.amount, t.after, 'Generation', t.type || ':' || g.id || ':' || t.n, '2026-01-02'
from (values
  ('stuck, charged', 1, 'usage', -10, 50), ('stuck, charged too', 1, 'usage', -5, 45),
  ('stuck, charged for a try and a retry', 1, 'usage', -4, 36), ('stuck, charged for a try and a retry', 2, 'usage', -3, 33),
  ('stuck, given back by the host', 1, 'usage', -8, 25), ('stuck, given back by the host', 1, 'refund', 8, 33),
  ('stuck, given back in part', 1, 'usage', -10, 20), ('stuck, given back in part', 1, 'refund', 4, 24),
  ('working', 1, 'usage', -10, 14), ('done', 1, 'usage', -10, 4)) as t(prompt, n, type, amount, after)
join generations g on g.prompt = t.prompt;
