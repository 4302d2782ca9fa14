select 'workspace', slug, cast(used_credits as text), updated_at > now() - interval '1 minute' from workspaces
union all
select 'job', title || ', ' || status || coalesce(', ' || error_code, ''),
       regexp_replace(coalesce(error_detail, ''), '\d+s', 'Ns'), updated_at > now() - interval '1 minute' and status = 'error'
from transcriptions
order by 1, 2
