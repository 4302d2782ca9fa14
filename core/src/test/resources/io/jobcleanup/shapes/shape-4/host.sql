-- Locks pools before it makes a job, jobs before charges before pools to give back; its own sweep gives back what has no mark.
create function host.charge(n int) returns int language plpgsql as $$
declare
  v_user int;
  v_render uuid;
begin
  update credit_pools set credits = credits - 1, updated_at = timezone('UTC', now())
  where user_id = (select id from users where email = 'more ' || n % 12) and pool = 'paid' returning user_id into v_user;
  insert into renders (user_id, scene, state, claimed_at, created_at, updated_at)
  values (v_user, 'more ' || n || ' ' || gen_random_uuid(), 'rendering', timezone('UTC', now()), timezone('UTC', now()), timezone('UTC', now()))
  returning id into v_render;
  insert into render_charges (render_id, user_id, pool, credits, created_at) values (v_render, v_user, 'paid', 1, timezone('UTC', now()));
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  update renders set state = 'finished' where scene = 'more ' || n and state in ('claimed', 'rendering', 'encoding');
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.fail(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  update renders set state = 'error', error_code = 'OUT_OF_MEMORY' where scene = 'more ' || n and state in ('claimed', 'rendering', 'encoding');
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.sweep(n int) returns int language plpgsql as $$
declare
  v_charge render_charges;
  v_hit int := 0;
begin
  for v_charge in
    select c.* from render_charges c join renders r on r.id = c.render_id join users u on u.id = c.user_id
    where u.email = 'more ' || n % 12 and r.state = 'error' and c.status = 'taken' order by c.id for no key update of c
  loop
    update render_charges set status = 'refunded' where id = v_charge.id;
    insert into render_refunds (charge_id, user_id, pool, credits, reason)
    values (v_charge.id, v_charge.user_id, v_charge.pool, v_charge.credits, 'sweep');
    update credit_pools set credits = credits + v_charge.credits where user_id = v_charge.user_id and pool = v_charge.pool;
    v_hit := v_hit + 1;
  end loop;
  return v_hit;
end $$;
