-- Deletes sessions that have ended, but for those that another sign-in is deleting.
delete from job_cleanup.session where session_digest in (
  select session_digest from job_cleanup.session
  where used_at <= clock_timestamp() - :idle * interval '1 second'
     or created_at <= clock_timestamp() - :longest * interval '1 second'
  for update skip locked)
