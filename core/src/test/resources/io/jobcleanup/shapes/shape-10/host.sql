-- Locks wallets first to charge and to give back, books before jobs to finish. A worker's writes name its fencing token.
create function host.charge(n int) returns int language plpgsql as $$
declare
  v_after bigint;
  v_book uuid;
  v_generation bigint;
begin
  update wallets set balance = balance - 1, spent = spent + 1, version = version + 1
  where author_id = 1000 + n % 12 returning balance into v_after;
  insert into books (author_id, title, status, updated_at)
  values (1000 + n % 12, 'more ' || n || ' ' || gen_random_uuid(), 'generating', now()) returning id into v_book;
  insert into generations (book_id, author_id, status, lease_owner, lease_expires_at, fencing_token, created_at, updated_at)
  values (v_book, 1000 + n % 12, 'writing', 'worker', now() + interval '1 hour', 1, now(), now()) returning id into v_generation;
  update books set generation_id = v_generation where id = v_book;
  insert into wallet_entries
  values (gen_random_uuid(), 1000 + n % 12, 'generation:' || v_generation || ':charge', -1, v_after + 1, v_after, now());
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
begin
  perform from books where title = 'more ' || n for update;
  update generations set status = 'succeeded', lease_expires_at = null, updated_at = now()
  where id = 1000 + n and fencing_token = 1 and status = 'writing';
  if not found then
    return 0;
  end if;
  update books set status = 'ready', updated_at = now() where title = 'more ' || n;
  return 1;
end $$;
create function host.renew(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  update generations set lease_expires_at = now() + interval '1 hour', updated_at = now()
  where id = 1000 + n and fencing_token = 1 and status = 'writing';
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.give_back(n int) returns int language plpgsql as $$
declare v_before bigint;
begin
  select balance into v_before from wallets where author_id = 1000 + n % 12 for update;
  update generations set status = 'failed', fencing_token = fencing_token + 1, updated_at = now()
  where id = 1000 + n and status = 'writing';
  if not found then
    return 0;
  end if;
  insert into wallet_entries
  values (gen_random_uuid(), 1000 + n % 12, 'generation:' || 1000 + n || ':refund', 3, v_before, v_before + 3, now());
  update wallets set balance = balance + 3, spent = spent - 3, version = version + 1 where author_id = 1000 + n % 12;
  update books set status = 'failed', updated_at = now() where title = 'more ' || n;
  return 1;
end $$;
