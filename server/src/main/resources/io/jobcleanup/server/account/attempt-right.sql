-- It was right.
delete from job_cleanup.sign_in_attempt where id = :attempt
