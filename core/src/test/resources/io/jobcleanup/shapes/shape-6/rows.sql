select 'wallet', w.organization, w.credits || ', held ' || coalesce(sum(r.credits) filter (where r.status = 'held'), 0)
from wallets w left join reservations r on r.wallet_id = w.id group by w.id
union all
select 'job', name || ', ' || status, regexp_replace(coalesce(message, ''), '\d+s', 'Ns') from exports
union all
select 'reservation', e.name || ': ' || r.credits,
       r.status || case when r.closed_at > now() - interval '1 minute' then ' now' else '' end
from reservations r join exports e on e.id = r.export_id
order by 1, 2
