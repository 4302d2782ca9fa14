-- An account by its email, held until the transaction ends.
select id, email, role, password_hash from job_cleanup.admin where email = :email for update
