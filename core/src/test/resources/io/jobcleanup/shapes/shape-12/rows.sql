select 'account', email, cast(credits as text) from accounts
union all
select 'job', file_name || ', ' || status, regexp_replace(coalesce(failure, ''), '\d+s', 'Ns') from enhancements
union all
select 'log', e.file_name || ': ' || l.reason || ' ' || l.amount, case when l.created_at > now() - interval '1 minute' then 'now' else 'before' end
from credit_log l join enhancements e on e.id = l.job_id
order by 1, 2
