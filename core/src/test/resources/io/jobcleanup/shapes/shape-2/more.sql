insert into workspaces (slug, monthly_credits, used_credits, period_started_at, updated_at)
select 'more ' || p, 100000, 0, '2026-01-01', '2026-01-01' from generate_series(0, 11) p;
insert into users (email) select 'more ' || p from generate_series(0, 11) p;
insert into members select w.id, u.id, 'owner', true from workspaces w join users u on u.email = w.slug where w.slug like 'more %';
insert into transcriptions (user_id, title, status, credits, charged_at, started_at, created_at, updated_at)
select u.id, 'more ' || n, 'transcribing', 1.25 + n % 5, now(), now() - interval '2 hours' + n * interval '1 ms', now(), now()
from generate_series(0, :copies - 1) n join users u on u.email = 'more ' || n % 12;
update workspaces w set used_credits = coalesce(
  (select sum(t.credits) from transcriptions t join members m using (user_id) where m.workspace_id = w.id), 0)
where slug like 'more %';
