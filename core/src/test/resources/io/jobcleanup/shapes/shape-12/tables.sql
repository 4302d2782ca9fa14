-- The host gives back by a function of its own, which would pay a second time if it were asked a second time, behind
-- row-level security that even the owner is under and that lets in who says so in each transaction.
create table accounts (
  user_id uuid primary key,
  email text not null unique,
  credits int not null,
  frozen boolean not null default false);
create table enhancements (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  file_name text not null unique,
  status text not null default 'pending',
  credits int not null default 0,
  is_free boolean not null default false,
  failure text,
  started_at timestamptz,
  updated_at timestamptz not null default now());
create table credit_log (
  id bigint generated always as identity primary key,
  user_id uuid not null references accounts,
  job_id uuid,
  amount int not null,
  reason text not null,
  balance_after int not null,
  created_at timestamptz not null default now());
create index on credit_log (job_id);

create function refund_credits(p_user uuid, p_amount int, p_job uuid) returns boolean language plpgsql as $$
declare
  v_account accounts;
begin
  update accounts set credits = credits + p_amount where user_id = p_user returning * into v_account;
  if not found then
    return false;
  end if;
  if v_account.frozen then
    raise exception 'account % is frozen', v_account.email;
  end if;
  insert into credit_log (user_id, job_id, amount, reason, balance_after)
  values (p_user, p_job, p_amount, 'refund', v_account.credits);
  return true;
end $$;

create function may_see(p_user uuid) returns boolean language sql stable as $$
  select current_setting('app.is_admin', true) = 'true' or p_user = cast(nullif(current_setting('app.user_id', true), '') as uuid)
$$;
alter table accounts enable row level security;
alter table accounts force row level security;
alter table enhancements enable row level security;
alter table enhancements force row level security;
alter table credit_log enable row level security;
alter table credit_log force row level security;
create policy accounts_of_the_user on accounts using (may_see(user_id));
create policy enhancements_of_the_user on enhancements using (may_see(user_id));
create policy credit_log_of_the_user on credit_log using (may_see(user_id));

insert into accounts (user_id, email, credits, frozen) values
  ('00000000-0000-0000-0000-00000000000a', 'ada@example.org', 80, false),
  ('00000000-0000-0000-0000-00000000000b', 'bob@example.org', 40, false),
  ('00000000-0000-0000-0000-00000000000f', 'fay@example.org', 10, true);
insert into enhancements (user_id, file_name, status, credits, is_free, started_at, updated_at)
select cast('00000000-0000-0000-0000-00000000000' || e.payer as uuid), e.file, e.status, e.credits, e.free, now() - e.started, now() - e.updated
from (values
  ('stuck, charged', 'a', 'processing', 10, false, interval '1 hour', interval '1 hour'),
  ('stuck, charged too', 'a', 'processing', 5, false, interval '2 hours', interval '1 minute'),
  ('stuck, never started', 'b', 'processing', 3, false, null, interval '3 hours'),
  ('stuck, given back by the host', 'b', 'processing', 7, false, interval '3 hours', interval '3 hours'),
  ('stuck, given back in part', 'b', 'processing', 9, false, interval '3 hours', interval '3 hours'),
  ('stuck, free', 'b', 'processing', 4, true, interval '4 hours', interval '4 hours'),
  ('stuck, costs nothing', 'b', 'processing', 0, false, interval '4 hours', interval '4 hours'),
  ('stuck, account closed', 'c', 'processing', 6, false, interval '5 hours', interval '5 hours'),
  ('stuck, account frozen', 'f', 'processing', 8, false, interval '5 hours', interval '5 hours'),
  ('working', 'b', 'processing', 3, false, interval '1 minute', interval '1 minute'),
  ('waiting for a worker', 'b', 'pending', 3, false, null, interval '5 hours'),
  ('done', 'b', 'completed', 3, false, interval '5 hours', interval '4 hours'))
  as e(file, payer, status, credits, free, started, updated);
insert into credit_log (user_id, job_id, amount, reason, balance_after, created_at)
select e.user_id, e.id, -e.credits, 'spend', 0, '2026-01-01'
from enhancements e join accounts a using (user_id) where e.credits > 0 and not e.is_free and e.status <> 'pending';
insert into credit_log (user_id, job_id, amount, reason, balance_after, created_at)
select e.user_id, e.id, case e.file_name when 'stuck, given back in part' then 2 else e.credits end, 'refund', 0, '2026-01-02'
from enhancements e where e.file_name like 'stuck, given back%';
