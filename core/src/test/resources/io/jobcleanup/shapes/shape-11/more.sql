insert into "Team" (id, name) select 'more-' || p, 'more ' || p from generate_series(0, 11) p;
insert into "Prediction" (id, "teamId", status, model, "startedAt")
select 'more-' || n, 'more-' || n % 12, 'processing', 'flux', timezone('UTC', now() - interval '1 hour' + n * interval '1 ms')
from generate_series(0, :copies - 1) n;
insert into "CreditEntry"
select 'charge-' || id, "teamId", 'USAGE', -1.25, jsonb_build_object('predictionId', id), '2026-01-01' from "Prediction" where id like 'more-%';
