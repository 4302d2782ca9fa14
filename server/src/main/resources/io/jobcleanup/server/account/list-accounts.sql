-- All accounts.
select email, role, created_at from job_cleanup.admin order by email
