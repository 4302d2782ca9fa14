-- It was wrong.
update job_cleanup.sign_in_attempt set state = 'WRONG', tried_at = clock_timestamp() where id = :attempt
