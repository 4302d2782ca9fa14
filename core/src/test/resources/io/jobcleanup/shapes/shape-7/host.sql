-- Locks users first to charge, tasks first to give back. Workers save the whole task at the end, whatever became of it.
create function host.charge(n int) returns int language plpgsql as $$
declare v_task bigint;
begin
  update "user" set quota = quota - 2, used_quota = used_quota + 2 where id = 1000 + n % 12;
  insert into task ("user", "group", action, status, quota, submit_time, start_time)
  values (1000 + n % 12, 'more', 'more ' || n || ' again', 'IN_PROGRESS', 2, extract(epoch from now()),
    extract(epoch from now()))
  returning id into v_task;
  insert into log ("user", "group", type, quota, "desc", task, "when")
  values (1000 + n % 12, 'more', 2, 2, 'task', v_task, extract(epoch from now()));
  return 1;
end $$;
create function host.finish(n int) returns int language plpgsql as $$
declare v_hit int;
begin
  update task set status = 'SUCCESS', progress = '100%', finish_time = extract(epoch from now()) * 1000 where action = 'more ' || n;
  get diagnostics v_hit = row_count;
  return v_hit;
end $$;
create function host.give_back(n int) returns int language plpgsql as $$
declare v_task task;
begin
  select * into v_task from task where action = 'more ' || n for update;
  if v_task.status not in ('SUBMITTED', 'IN_PROGRESS') then
    return 0;
  end if;
  update "user" set quota = quota + v_task.quota, used_quota = used_quota - v_task.quota where id = v_task."user";
  insert into log ("user", "group", type, quota, "desc", task, "when")
  values (v_task."user", 'more', 6, v_task.quota, 'refund', v_task.id, extract(epoch from now()));
  update task set status = 'FAILURE', progress = '100%' where id = v_task.id;
  return 1;
end $$;
