-- Locks jobs first.
create function host.charge(n int) returns int language plpgsql as $$
begin
  insert into transcriptions (user_id, title, status, credits, charged_at, started_at, created_at, updated_at)
  select id, 'more ' || n || ' ' || gen_random_uuid(), 'transcribing', 0.125, now(), now(), now(), now() from users where email = 'more ' || n % 12;
  update workspaces set used_credits = used_credits + 0.125, updated_at = now() where slug = 'more ' || n % 12;
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  update transcriptions set status = 'done', updated_at = now() where title = 'more ' || n and status in ('transcribing', 'aligning');
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.give_back(n int) returns int language plpgsql as $$
declare v_credits numeric;
begin
  update transcriptions set status = 'canceled', updated_at = now()
  where title = 'more ' || n and status in ('transcribing', 'aligning') returning credits into v_credits;
  if found then
    update workspaces set used_credits = used_credits - v_credits, updated_at = now() where slug = 'more ' || n % 12;
    return 1;
  end if;
  return 0;
end $$;
