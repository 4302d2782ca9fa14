-- Locks accounts first to charge, jobs first to give back. Workers write their result whatever became of the job.
create function host.charge(n int) returns int language plpgsql as $$
declare
  v_account accounts;
  v_job uuid;
begin
  perform set_config('app.is_admin', 'true', true);
  update accounts set credits = credits - 2 where email = 'more ' || n % 12 returning * into v_account;
  insert into enhancements (user_id, file_name, status, credits, started_at)
  values (v_account.user_id, 'more ' || n || ' ' || gen_random_uuid(), 'processing', 2, now()) returning id into v_job;
  insert into credit_log (user_id, job_id, amount, reason, balance_after) values (v_account.user_id, v_job, -2, 'spend', v_account.credits);
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  perform set_config('app.is_admin', 'true', true);
  update enhancements set status = 'completed', updated_at = now() where file_name = 'more ' || n;
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.give_back(n int) returns int language plpgsql as $$
declare v_job enhancements;
begin
  perform set_config('app.is_admin', 'true', true);
  update enhancements set status = 'failed', failure = 'Canceled.', updated_at = now()
  where file_name = 'more ' || n and status = 'processing' returning * into v_job;
  if not found then
    return 0;
  end if;
  perform refund_credits(v_job.user_id, v_job.credits, v_job.id);
  return 1;
end $$;
