-- Ends a session.
delete from job_cleanup.session where session_digest = :digest
