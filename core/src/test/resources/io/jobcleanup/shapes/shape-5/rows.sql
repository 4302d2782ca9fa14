with moments as (
  select timezone('America/New_York', now() - interval '1 minute') as recent, timezone('America/New_York', now()) as latest)
select 'account', name, cast(credits as text), updated_at = '2026-01-01' or updated_at between recent and latest
from accounts cross join moments
union all
select 'entry', r.title, string_agg(e.kind || ':' || e.amount, ' ' order by e.id),
       bool_and(e.created_at = '2026-01-01' or e.created_at between recent and latest)
from credit_entries e join renders r on r.id = e.reference_id cross join moments group by r.title
union all
select 'render', title || ', ' || status, regexp_replace(coalesce(failure_reason, ''), '\d+s', 'Ns'), true from renders
order by 1, 2
