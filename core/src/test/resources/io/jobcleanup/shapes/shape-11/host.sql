-- Locks the team before it looks at the sum of its rows.
create function host.charge(n int) returns int language plpgsql as $$
declare v_prediction text := 'more-' || n || '-' || gen_random_uuid();
begin
  perform from "Team" where id = 'more-' || n % 12 for update;
  perform sum(amount) from "CreditEntry" where "teamId" = 'more-' || n % 12;
  insert into "Prediction" (id, "teamId", status, model, "createdAt", "startedAt")
  values (v_prediction, 'more-' || n % 12, 'processing', 'flux', timezone('UTC', now()), timezone('UTC', now()));
  insert into "CreditEntry"
  values ('charge-' || v_prediction, 'more-' || n % 12, 'USAGE', -0.5,
          jsonb_build_object('predictionId', v_prediction), timezone('UTC', now()));
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  update "Prediction" set status = 'succeeded', "completedAt" = timezone('UTC', now())
  where id = 'more-' || n and status in ('starting', 'processing');
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.give_back(n int) returns int language plpgsql as $$
begin
  perform from "Team" where id = 'more-' || n % 12 for update;
  update "Prediction" set status = 'canceled', "completedAt" = timezone('UTC', now())
  where id = 'more-' || n and status in ('starting', 'processing');
  if not found then
    return 0;
  end if;
  insert into "CreditEntry"
  values ('refund-more-' || n, 'more-' || n % 12, 'ADJUSTMENT', 1.25,
          jsonb_build_object('predictionId', 'more-' || n, 'kind', 'refund'), timezone('UTC', now()));
  return 1;
end $$;
