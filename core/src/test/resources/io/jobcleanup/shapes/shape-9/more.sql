insert into teams select 100 + p, 'more ' || p, 0, '2026-01-01' from generate_series(0, 11, 2) p;
insert into accounts select 100 + p, 'more ' || p, 100000, '2026-01-01' from generate_series(0, 11) p;
insert into images (account_id, team_id, prompt, state, params, started_at)
select 100 + n % 12, case n % 2 when 0 then 100 + n % 12 end, 'more ' || n, 'running', jsonb_build_object('credits', 1 + n % 5),
       now() - interval '1 hour' + n * interval '1 ms'
from generate_series(0, :copies - 1) n where n / 12 % 2 = 0;
insert into videos (account_id, prompt, state, seconds, params, started_at)
select 100 + n % 12, 'more ' || n, 'running', 10, jsonb_build_object('credits', 1 + n % 5), now() - interval '1 hour' + n * interval '1 ms'
from generate_series(0, :copies - 1) n where n / 12 % 2 = 1;
insert into team_spendings (team_id, image_id, credits)
select team_id, id, cast(params ->> 'credits' as int) from images where prompt like 'more %' and team_id is not null;
insert into credit_ledger (account_id, delta, balance_after, reason, subject_type, subject_id)
select account_id, -credits, 100000 - sum(credits) over (partition by account_id order by type, id), 'spend', type, id
from (
  select account_id, 'images' as type, cast(id as text), cast(params ->> 'credits' as int) as credits from images where prompt like 'more %'
  union all
  select account_id, 'videos', cast(id as text), cast(params ->> 'credits' as int) from videos where prompt like 'more %') j;
update accounts a set credits = credits + (select coalesce(sum(delta), 0) from credit_ledger l where l.account_id = a.id) where name like 'more %';
update teams t set spent = (select coalesce(sum(credits), 0) from team_spendings s where s.team_id = t.id) where name like 'more %';
