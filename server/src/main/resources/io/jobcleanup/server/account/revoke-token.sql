-- Revokes a token by its name.
delete from job_cleanup.api_token where name = :name returning role
