select 'team', t.name, cast(sum(e.amount) as text), ''
from "Team" t join "CreditEntry" e on e."teamId" = t.id group by t.id
union all
select 'job', concat_ws(', ', id, status, "errorCode"), regexp_replace(coalesce(error, ''), '\d+s', 'Ns'),
       cast("completedAt" > timezone('UTC', now()) - interval '1 minute' as text)
from "Prediction"
union all
select 'adjustment', concat_ws(' ', metadata ->> 'predictionId', metadata ->> 'kind', amount),
       concat_ws(' ', metadata ->> 'reason', metadata ->> 'of'), cast("createdAt" > timezone('UTC', now()) - interval '1 minute' as text)
from "CreditEntry" where type = 'ADJUSTMENT'
order by 1, 2
