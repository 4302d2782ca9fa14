-- Ends all sessions of an account. Index: session_admin.
delete from job_cleanup.session where admin_id = :id
