-- Locks wallets first to reserve (which stands for a charge here), reservations first to capture, jobs first to cancel.
create function host.charge(n int) returns int language plpgsql as $$
declare
  v_wallet uuid;
  v_export uuid;
begin
  select id into v_wallet from wallets where organization = 'more ' || n % 12 for update;
  insert into exports (wallet_id, name, status, heartbeat_at, created_at)
  values (v_wallet, 'more ' || n || ' ' || gen_random_uuid(), 'RUNNING', now(), now()) returning id into v_export;
  insert into reservations (wallet_id, export_id, credits, created_at) values (v_wallet, v_export, 1, now());
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
declare v_held int;
begin
  select r.credits into v_held from reservations r join exports e on e.id = r.export_id
  where e.name = 'more ' || n and r.status = 'held' for update of r;
  if not found then
    return 0;
  end if;
  update exports set status = 'SUCCEEDED' where name = 'more ' || n and status in ('RUNNING', 'CANCEL_REQUESTED');
  if not found then
    return 0;
  end if;
  update reservations r set status = 'captured', closed_at = now() from exports e where e.id = r.export_id and e.name = 'more ' || n;
  update wallets set credits = credits - v_held, updated_at = now() where organization = 'more ' || n % 12;
  return 1;
end $$;
create function host.cancel(n int) returns int language plpgsql as $$
begin
  update exports set status = 'INTERRUPTED', message = 'Canceled.' where name = 'more ' || n and status in ('RUNNING', 'CANCEL_REQUESTED');
  if not found then
    return 0;
  end if;
  update reservations r set status = 'released', closed_at = now()
  from exports e where e.id = r.export_id and e.name = 'more ' || n and r.status = 'held';
  return 1;
end $$;
