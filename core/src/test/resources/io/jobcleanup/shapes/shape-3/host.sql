-- Locks balances first to charge, jobs first to give back.
create function host.charge(n int) returns int language plpgsql as $$
declare
  v_profile profiles;
  v_job uuid;
begin
  update profiles set credits = credits - 1 where username = 'more ' || n % 12 returning * into v_profile;
  insert into generations (user_id, prompt, status, credits_cost)
  values (v_profile.id, 'more ' || n || ' ' || gen_random_uuid(), 'processing', 1) returning id into v_job;
  insert into credit_transactions (user_id, generation_id, type, amount, balance_after, description, idempotency_key)
  values (v_profile.id, v_job, 'usage', -1, v_profile.credits, 'Generation', 'usage:' || v_job);
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  perform from profiles where username = 'more ' || n % 12 for update;
  update generations set status = 'completed' where prompt = 'more ' || n and status = 'processing';
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.give_back(n int) returns int language plpgsql as $$
declare
  v_job generations;
  v_credits int;
begin
  update generations set status = 'failed', error_message = 'Canceled.'
  where prompt = 'more ' || n and status = 'processing' returning * into v_job;
  if not found then
    return 0;
  end if;
  update profiles set credits = credits + v_job.credits_cost where id = v_job.user_id returning credits into v_credits;
  insert into credit_transactions (user_id, generation_id, type, amount, balance_after, description, idempotency_key)
  values (v_job.user_id, v_job.id, 'refund', v_job.credits_cost, v_credits, 'Refund', 'refund:' || v_job.id);
  return 1;
end $$;
