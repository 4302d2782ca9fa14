-- Whose session it is that has a digest, and whether its use is to be noted: once a minute, not at each request.
select a.email, a.role, s.used_at < clock_timestamp() - interval '1 minute' as touch
from job_cleanup.session s
join job_cleanup.admin a on a.id = s.admin_id
where s.session_digest = :digest
  and s.used_at > clock_timestamp() - :idle * interval '1 second'
  and s.created_at > clock_timestamp() - :longest * interval '1 second'
