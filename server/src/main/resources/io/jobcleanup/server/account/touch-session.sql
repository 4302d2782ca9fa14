-- Notes that a session is used.
update job_cleanup.session set used_at = clock_timestamp() where session_digest = :digest
