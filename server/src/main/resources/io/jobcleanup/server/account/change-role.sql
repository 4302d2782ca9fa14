-- Gives an account another role.
update job_cleanup.admin set role = :role where id = :id
