-- Whose token it is that has a digest. Index: the unique one.
select name, role from job_cleanup.api_token
where token_digest = :digest and (expires_at is null or expires_at > clock_timestamp())
