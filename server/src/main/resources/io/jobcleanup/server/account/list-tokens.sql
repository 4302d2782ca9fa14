-- All tokens.
select name, role, created_at, expires_at, coalesce(expires_at <= clock_timestamp(), false) as expired
from job_cleanup.api_token order by name
