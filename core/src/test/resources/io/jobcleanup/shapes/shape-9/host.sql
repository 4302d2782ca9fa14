-- Locks accounts first to charge, jobs first else. Workers write images whatever became of them; the sweep gives back what
-- failed and has no mark; a video may be charged and run again, once.
create function host.book(p_account int, p_delta int, p_reason text, p_type text, p_id text) returns void language plpgsql as $$
declare v_credits int;
begin
  update accounts set credits = credits + p_delta, updated_at = now() where id = p_account returning credits into v_credits;
  insert into credit_ledger (account_id, delta, balance_after, reason, subject_type, subject_id)
  values (p_account, p_delta, v_credits, p_reason, p_type, p_id);
end $$;
create function host.charge(n int) returns int language plpgsql as $$
declare v_image uuid := gen_random_uuid();
begin
  perform host.book(100 + n % 12, -1, 'spend', 'images', cast(v_image as text));
  insert into images (id, account_id, prompt, state, params, started_at)
  values (v_image, 100 + n % 12, 'more ' || v_image, 'running', '{"credits": 1}', now());
  return 1;
end $$;
create function host.finish_image(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  update images set state = 'ready', finished_at = now() where prompt = 'more ' || n;
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.finish_video(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  update videos set state = 'ready', finished_at = now() where prompt = 'more ' || n and state = 'running';
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.fail(n int) returns int language plpgsql as $$
declare v_images int; v_videos int;
begin
  update images set state = 'failed', error = '{"code": "worker"}' where prompt = 'more ' || n and state = 'running';
  get diagnostics v_images = row_count;
  update videos set state = 'failed', error = '{"code": "worker"}' where prompt = 'more ' || n and state = 'running';
  get diagnostics v_videos = row_count;
  return v_images + v_videos;
end $$;
create function host.sweep(n int) returns int language plpgsql as $$
declare
  v_image images;
  v_video videos;
  v_hit int := 0;
begin
  for v_image in
    update images set refunded_at = now() where account_id = 100 + n % 12 and state = 'failed' and refunded_at is null returning *
  loop
    perform host.book(v_image.account_id, cast(v_image.params ->> 'credits' as int), 'sweep', 'images', cast(v_image.id as text));
    update teams set spent = spent - cast(v_image.params ->> 'credits' as int) where id = v_image.team_id;
    insert into team_spendings (team_id, image_id, credits)
    select v_image.team_id, v_image.id, -cast(v_image.params ->> 'credits' as int) where v_image.team_id is not null;
    v_hit := v_hit + 1;
  end loop;
  for v_video in
    update videos set refunded_at = now() where account_id = 100 + n % 12 and state = 'failed' and refunded_at is null returning *
  loop
    perform host.book(v_video.account_id, cast(v_video.params ->> 'credits' as int), 'sweep', 'videos', cast(v_video.id as text));
    v_hit := v_hit + 1;
  end loop;
  return v_hit;
end $$;
create function host.run_again(n int) returns int language plpgsql as $$
declare v_video videos;
begin
  update videos
  set state = 'running', started_at = now() - interval '20 minutes', charge_no = 2, refunded_at = null, error = null
  where id = (select id from videos where account_id = 100 + n % 12 and state = 'failed' and refunded_at is not null and charge_no = 1
    limit 1 for update)
  returning * into v_video;
  if not found then
    return 0;
  end if;
  perform host.book(v_video.account_id, -cast(v_video.params ->> 'credits' as int), 'spend', 'videos', cast(v_video.id as text));
  return 1;
end $$;
