-- Gives an account another password.
update job_cleanup.admin set password_hash = :hash where id = :id
