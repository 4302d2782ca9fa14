-- Writes by version, as JPA does: reads an entity, writes it whole where the version is still the same, else begins again.
-- Locks wallets first.
create sequence host.ids start 1000000;
create function host.charge(n int) returns int language plpgsql as $$
declare
  v_wallet wallet;
  v_job bigint := nextval('host.ids');
begin
  loop
    select * into v_wallet from wallet where owner = 'more ' || n % 12;
    update wallet set tokens = v_wallet.tokens - 2, version = v_wallet.version + 1 where id = v_wallet.id and version = v_wallet.version;
    exit when found;
  end loop;
  insert into render_job values (v_job, v_wallet.owner, 'SMALL', 'IN_PROGRESS', null, now(), now(), 0);
  insert into ledger_entry values (nextval('ledger_entry_seq'), v_wallet.owner, -2, v_wallet.tokens - 2, 'RENDER', v_job, now());
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
declare
  v_job render_job;
  v_hit int;
begin
  select * into v_job from render_job where id = 1000 + n;
  update render_job set status = 'SUCCEEDED', version = v_job.version + 1
  where id = v_job.id and version = v_job.version and v_job.status = 'IN_PROGRESS';
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.give_back(n int) returns int language plpgsql as $$
declare
  v_wallet wallet;
  v_type text;
  v_tokens int;
begin
  select * into v_wallet from wallet where owner = 'more ' || n % 12 for update;
  update render_job set status = 'FAILED', error = 'Canceled.', version = version + 1
  where id = 1000 + n and status = 'IN_PROGRESS' returning job_type into v_type;
  if not found then
    return 0;
  end if;
  v_tokens := case v_type when 'SMALL' then 2 else 8 end;
  update wallet set tokens = tokens + v_tokens, version = version + 1 where id = v_wallet.id;
  insert into ledger_entry
  values (nextval('ledger_entry_seq'), v_wallet.owner, v_tokens, v_wallet.tokens + v_tokens, 'CANCELED', 1000 + n, now());
  return 1;
end $$;
