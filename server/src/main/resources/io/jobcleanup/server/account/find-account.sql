-- An account by its email.
select id, email, role, password_hash from job_cleanup.admin where email = :email
