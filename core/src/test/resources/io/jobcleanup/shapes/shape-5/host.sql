-- Locks balances first, also to finish.
create function host.charge(n int) returns int language plpgsql as $$
declare
  v_account bigint;
  v_render bigint;
  v_now timestamp := timezone('America/New_York', now());
begin
  update accounts set credits = credits - 2, updated_at = v_now where name = 'more ' || n % 12 returning id into v_account;
  insert into renders (account_id, title, status, started_at, created_at, updated_at)
  values (v_account, 'more ' || n || ' ' || gen_random_uuid(), 1, v_now, v_now, v_now) returning id into v_render;
  insert into credit_entries (account_id, kind, amount, reference_type, reference_id, created_at, updated_at)
  values (v_account, 1, -2, 'Render', v_render, v_now, v_now);
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  perform from accounts where name = 'more ' || n % 12 for update;
  update renders set status = 2 where title = 'more ' || n and status = 1;
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.give_back(n int) returns int language plpgsql as $$
declare
  v_render renders;
  v_amount int;
begin
  perform from accounts where name = 'more ' || n % 12 for update;
  update renders set status = 3, failure_reason = 'Canceled.' where title = 'more ' || n and status = 1 returning * into v_render;
  if not found then
    return 0;
  end if;
  select -sum(amount) into v_amount from credit_entries where reference_type = 'Render' and reference_id = v_render.id;
  update accounts set credits = credits + v_amount where id = v_render.account_id;
  insert into credit_entries (account_id, kind, amount, reference_type, reference_id, created_at, updated_at)
  values (v_render.account_id, 2, v_amount, 'Render', v_render.id, v_render.created_at, v_render.created_at);
  return 1;
end $$;
