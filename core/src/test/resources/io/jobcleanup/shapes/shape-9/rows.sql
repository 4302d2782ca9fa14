select 'account', name, cast(credits as text), updated_at > now() - interval '1 minute' from accounts
union all
select 'team', name, cast(spent as text), updated_at > now() - interval '1 minute' from teams
union all
select j.type, concat_ws(', ', j.prompt, j.state, case when j.refunded_at > now() - interval '30 seconds' then 'refunded now'
         when j.refunded_at is not null then 'refunded before' end),
       concat_ws(': ', j.error ->> 'code', regexp_replace(j.error ->> 'message', '\d+s', 'Ns')), j.finished_at > now() - interval '1 minute'
from (select 'image' as type, prompt, state, error, finished_at, refunded_at from images
      union all
      select 'video', prompt, state, error, finished_at, refunded_at from videos) j
union all
select 'entry', concat_ws(' ', l.subject_type, coalesce(i.prompt, v.prompt) || ':', l.reason, l.delta,
         l.metadata ->> 'timeoutMs', l.metadata ->> 'charge'),
       case when l.metadata ->> 'run' is not null then 'of a run' else '' end,
       l.reason = 'grant' or exists (select from credit_ledger b
         where b.account_id = l.account_id and b.id <> l.id and b.balance_after = l.balance_after - l.delta)
from credit_ledger l
left join images i on l.subject_type = 'images' and l.subject_id = cast(i.id as text)
left join videos v on l.subject_type = 'videos' and l.subject_id = cast(v.id as text)
union all
select 'spending', t.name || ': ' || i.prompt || ' ' || s.credits, '', true
from team_spendings s join teams t on t.id = s.team_id join images i on i.id = s.image_id
order by 1, 2
