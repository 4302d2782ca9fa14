-- Locks balances first.
create function host.charge(n int) returns int language plpgsql as $$
declare v_user uuid;
begin
  update users set credits = credits - 2 where name = 'more ' || n % 12 returning id into v_user;
  insert into generations (name, user_id, status, cost, created_at)
  values ('more ' || n || ' ' || gen_random_uuid(), v_user, 'running', 2, now());
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  update generations set status = 'succeeded' where name = 'more ' || n and status in ('running', 'uploading');
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.give_back(n int) returns int language plpgsql as $$
declare v_cost int;
begin
  perform from users where name = 'more ' || n % 12 for update;
  update generations set status = 'error', error = 'Canceled.'
  where name = 'more ' || n and status in ('running', 'uploading') returning cost into v_cost;
  if found then
    update users set credits = credits + v_cost where name = 'more ' || n % 12;
    return 1;
  end if;
  return 0;
end $$;
